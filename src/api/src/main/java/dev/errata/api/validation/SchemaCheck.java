package dev.errata.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import dev.errata.api.Text;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Checks values against the structural schema of a CRD and words the findings as the API server.
 */
final class SchemaCheck {
  private static final Set<String> BLOCKING =
      Set.of("required", "type", "additionalProperties", "maxLength", "maxItems", "maxProperties");

  private final JsonNode structural;
  private final JsonSchema schema;

  SchemaCheck(JsonNode structural) {
    this.structural = structural;
    // Draft 4 because there, as in a CRD, exclusiveMinimum is a boolean.
    this.schema =
        JsonSchemaFactory.getInstance(VersionFlag.V4)
            .getSchema(
                toJsonSchema(structural),
                SchemaValidatorsConfig.builder().pathType(PathType.JSON_POINTER).build());
  }

  /** What the schema has against the value, in the order of the fields. */
  List<Finding> check(JsonNode value) {
    Set<ValidationMessage> messages = schema.validate(value);
    Set<JsonNodePath> mistyped =
        messages.stream()
            .filter(message -> message.getType().equals("type"))
            .map(ValidationMessage::getInstanceLocation)
            .collect(Collectors.toSet());
    List<Finding> findings = new ArrayList<>();
    for (ValidationMessage message : messages) {
      // What else is wrong with a value of the wrong type is beside the point.
      if (message.getType().equals("type") || !mistyped.contains(message.getInstanceLocation())) {
        findings.add(finding(message));
      }
    }
    return findings;
  }

  /** A structural schema in the words of JSON Schema: closed objects, nulls and mixed types. */
  private static JsonNode toJsonSchema(JsonNode structural) {
    ObjectNode schema = structural.deepCopy();
    boolean open = schema.path("x-kubernetes-preserve-unknown-fields").asBoolean();
    if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
      schema.remove("anyOf");
      schema.putArray("type").add("integer").add("string");
    } else if (schema.path("nullable").asBoolean()) {
      schema.putArray("type").add(structural.path("type")).add("null");
    }
    if (schema.path("x-kubernetes-list-type").asText().equals("set")) {
      schema.put("uniqueItems", true);
    }
    for (var property : schema.path("properties").properties()) {
      property.setValue(toJsonSchema(property.getValue()));
    }
    for (String inner : List.of("items", "additionalProperties")) {
      if (schema.path(inner).isObject()) {
        schema.set(inner, toJsonSchema(schema.get(inner)));
      }
    }
    if (structural.path("type").asText().equals("object")
        && !schema.has("additionalProperties")
        && !open) {
      schema.put("additionalProperties", false);
    }
    List<String> words = names(schema);
    words.removeIf(word -> !word.startsWith("x-kubernetes-"));
    return schema.without(words);
  }

  private Finding finding(ValidationMessage message) {
    JsonNodePath location = message.getInstanceLocation();
    JsonNode of = structural;
    String path = "";
    for (int i = 0; i < location.getNameCount(); i++) {
      Object element = location.getElement(i);
      if (element instanceof Integer index) {
        of = of.path("items");
        path = Finding.item(path, index);
      } else {
        String name = element.toString();
        of = of.path("properties").path(name);
        path = Finding.child(path, name);
      }
    }
    String keyword = message.getType();
    if (keyword.equals("required") || keyword.equals("additionalProperties")) {
      path = Finding.child(path, message.getProperty());
    }
    JsonNode value = message.getInstanceNode();
    return new Finding(path, words(message, path, of, value), BLOCKING.contains(keyword));
  }

  private static String words(ValidationMessage message, String path, JsonNode of, JsonNode value) {
    JsonNode limit = message.getSchemaNode();
    String body = "Invalid value: " + word(value) + ": " + path + " in body ";
    return switch (message.getType()) {
      case "required" -> "Required value";
      case "additionalProperties" ->
          "unknown field" + Text.didYouMean(message.getProperty(), names(of.path("properties")));
      case "type" ->
          String.format(
              "Invalid value: \"%s\": %s in body must be of type %s: \"%s\"",
              kind(value), path, types(limit), kind(value));
      case "enum" ->
          "Unsupported value: " + word(value) + ": supported values: " + choices(limit, value);
      case "minimum" ->
          body
              + "should be greater than "
              + (of.path("exclusiveMinimum").asBoolean() ? "" : "or equal to ")
              + number(limit);
      case "maximum" ->
          body
              + "should be less than "
              + (of.path("exclusiveMaximum").asBoolean() ? "" : "or equal to ")
              + number(limit);
      case "pattern" -> body + "should match '" + limit.asText() + "'";
      case "minLength" -> body + "should be at least " + limit + " chars long";
      case "maxLength" -> "Too long: may not be more than " + limit + " characters";
      case "minItems" -> body + "should have at least " + limit + " items";
      case "maxItems", "maxProperties" ->
          "Too many: " + value.size() + ": must have at most " + limit + " items";
      case "uniqueItems" -> "Duplicate value: " + duplicate(value);
      default -> "Invalid value: " + word(value) + ": " + message.getMessage();
    };
  }

  private static String word(JsonNode value) {
    return value.isTextual() ? Text.quote(value.textValue()) : Text.clip(value.toString());
  }

  private static String kind(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "object";
      case ARRAY -> "array";
      case BOOLEAN -> "boolean";
      case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
      case NULL -> "null";
      default -> "string";
    };
  }

  private static String types(JsonNode type) {
    List<String> types = new ArrayList<>();
    if (type.isArray()) {
      type.forEach(t -> types.add(t.asText()));
    } else {
      types.add(type.asText());
    }
    return String.join(" or ", types);
  }

  private static String choices(JsonNode values, JsonNode value) {
    List<String> known = new ArrayList<>();
    values.forEach(v -> known.add(v.asText()));
    String all = known.stream().map(Text::quote).collect(Collectors.joining(", "));
    return value.isTextual() ? all + Text.didYouMean(value.textValue(), known) : all;
  }

  private static List<String> names(JsonNode properties) {
    List<String> names = new ArrayList<>();
    properties.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static String number(JsonNode limit) {
    return new BigDecimal(limit.asText()).stripTrailingZeros().toPlainString();
  }

  private static String duplicate(JsonNode list) {
    Set<JsonNode> seen = new HashSet<>();
    for (JsonNode item : list) {
      if (!seen.add(item)) {
        return word(item);
      }
    }
    return word(list);
  }
}
