package dev.errata.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Fills in the defaults of a structural schema as the API server does: a null where none is allowed
 * counts as absent, and a default that is an object gets the defaults of its own fields.
 */
final class Defaulting {
  private Defaulting() {}

  /** Changes {@code value} in place. */
  static void apply(JsonNode schema, JsonNode value) {
    if (value.isObject()) {
      ObjectNode object = (ObjectNode) value;
      JsonNode properties = schema.path("properties");
      JsonNode others = schema.path("additionalProperties");
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        JsonNode field = properties.has(name) ? properties.get(name) : others;
        if (object.get(name).isNull() && !field.path("nullable").asBoolean()) {
          object.remove(name);
        }
      }
      for (var property : properties.properties()) {
        JsonNode standard = property.getValue().get("default");
        if (standard != null && !object.has(property.getKey())) {
          object.set(property.getKey(), standard.deepCopy());
        }
      }
      for (var field : object.properties()) {
        apply(
            properties.has(field.getKey()) ? properties.get(field.getKey()) : others,
            field.getValue());
      }
    } else if (value.isArray()) {
      value.forEach(item -> apply(schema.path("items"), item));
    }
  }
}
