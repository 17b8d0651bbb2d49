package dev.errata.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import dev.errata.api.Text;
import java.io.StringReader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * YAML as kubectl reads it (YAML 1.1 scalars, so that an unquoted {@code yes} is a boolean), with
 * the line of every field.
 */
final class YamlDocuments {
  private static final int MAX_DEPTH = 64;
  private static final int MAX_NODES = 1_000_000;
  private static final int MAX_DIGITS = 18;

  private final String name;
  private final JsonNodeFactory json = JsonNodeFactory.instance;
  private Map<String, Integer> lines;
  private int nodes;

  /**
   * One document.
   *
   * @param node its content
   * @param lines the line of each path, counted from 1
   */
  record Document(JsonNode node, Map<String, Integer> lines) {
    /** The line of a field, or of the nearest field around it. */
    int line(String path) {
      String at = path;
      while (!lines.containsKey(at)) {
        at = at.substring(0, Math.max(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['))));
      }
      return lines.get(at);
    }
  }

  private YamlDocuments(String name) {
    this.name = name;
  }

  /**
   * Reads all documents that are not empty.
   *
   * @throws InputException when the text is not YAML, naming line and column
   */
  static List<Document> read(String text, String name) {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(16 << 20);
    options.setNestingDepthLimit(MAX_DEPTH);
    // Aliases are bounded by what they expand to, in convert.
    options.setMaxAliasesForCollections(Integer.MAX_VALUE);
    List<Document> documents = new ArrayList<>();
    try {
      for (Node root : new Yaml(options).composeAll(new StringReader(text))) {
        YamlDocuments reader = new YamlDocuments(name);
        reader.lines = new HashMap<>();
        reader.lines.put("", line(root));
        JsonNode node = reader.convert(root, "", 0);
        if (!node.isNull()) {
          documents.add(new Document(node, reader.lines));
        }
      }
    } catch (MarkedYAMLException e) {
      throw malformed(name, e.getProblemMark(), e.getProblem(), e);
    } catch (YAMLException e) {
      throw new InputException(name + ": not valid YAML: " + e.getMessage(), e);
    }
    return documents;
  }

  private static InputException malformed(String name, Mark mark, String what, Throwable cause) {
    String place = mark == null ? "" : ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1);
    return new InputException(name + place + ": not valid YAML: " + what, cause);
  }

  private static int line(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  private InputException refuse(Node node, String what) {
    return malformed(name, node.getStartMark(), what, null);
  }

  private JsonNode convert(Node node, String path, int depth) {
    if (depth > MAX_DEPTH || ++nodes > MAX_NODES) {
      throw refuse(node, "nested too deeply or too large; write it without anchors");
    }
    if (node instanceof ScalarNode scalar) {
      return scalar(scalar);
    }
    if (node instanceof SequenceNode sequence) {
      ArrayNode array = json.arrayNode();
      for (Node item : sequence.getValue()) {
        String itemPath = Finding.item(path, array.size());
        lines.put(itemPath, line(item));
        array.add(convert(item, itemPath, depth + 1));
      }
      return array;
    }
    ObjectNode object = json.objectNode();
    ObjectNode merged = json.objectNode();
    for (NodeTuple tuple : ((MappingNode) node).getValue()) {
      Node key = tuple.getKeyNode();
      if (key.getTag().equals(Tag.MERGE)) {
        merge(merged, convert(tuple.getValueNode(), path, depth + 1), key);
        continue;
      }
      if (!(key instanceof ScalarNode scalar)) {
        throw refuse(key, "a key must be a text");
      }
      String field = scalar.getValue();
      if (object.has(field)) {
        throw refuse(key, "the key " + Text.quote(field) + " is there twice; remove one");
      }
      String fieldPath = Finding.child(path, field);
      lines.put(fieldPath, line(key));
      object.set(field, convert(tuple.getValueNode(), fieldPath, depth + 1));
    }
    merged.properties().forEach(entry -> object.putIfAbsent(entry.getKey(), entry.getValue()));
    return object;
  }

  private void merge(ObjectNode merged, JsonNode value, Node key) {
    if (value.isArray()) {
      value.forEach(item -> merge(merged, item, key));
    } else if (value.isObject()) {
      value.properties().forEach(entry -> merged.putIfAbsent(entry.getKey(), entry.getValue()));
    } else {
      throw refuse(key, "<< must be followed by a mapping");
    }
  }

  private JsonNode scalar(ScalarNode node) {
    String text = node.getValue();
    Tag tag = node.getTag();
    if (tag.equals(Tag.NULL)) {
      return json.nullNode();
    }
    if (tag.equals(Tag.BOOL)) {
      String word = text.toLowerCase(Locale.ROOT);
      return json.booleanNode(word.equals("true") || word.equals("yes") || word.equals("on"));
    }
    try {
      if (tag.equals(Tag.INT)) {
        return integer(text).<JsonNode>map(this::integerNode).orElseGet(() -> json.textNode(text));
      }
      if (tag.equals(Tag.FLOAT)) {
        return number(text).orElseGet(() -> json.textNode(text));
      }
    } catch (NumberFormatException e) {
      throw refuse(node, Text.quote(text) + " is not a number");
    }
    return json.textNode(text);
  }

  private JsonNode integerNode(BigInteger value) {
    return value.bitLength() < 64 ? json.numberNode(value.longValue()) : json.numberNode(value);
  }

  /**
   * Decimal, octal, hexadecimal or binary; the base-60 numbers of YAML 1.1 are texts for kubectl.
   */
  private static Optional<BigInteger> integer(String text) {
    String digits = text.replace("_", "");
    boolean negative = digits.startsWith("-");
    if (negative || digits.startsWith("+")) {
      digits = digits.substring(1);
    }
    int radix = 10;
    if (digits.startsWith("0x")) {
      radix = 16;
      digits = digits.substring(2);
    } else if (digits.startsWith("0b")) {
      radix = 2;
      digits = digits.substring(2);
    } else if (digits.length() > 1 && digits.startsWith("0")) {
      radix = 8;
      digits = digits.substring(1);
    }
    if (digits.isEmpty() || digits.chars().anyMatch(c -> !Character.isLetterOrDigit(c))) {
      return Optional.empty();
    }
    BigInteger value = new BigInteger(digits, radix);
    return Optional.of(negative ? value.negate() : value);
  }

  private Optional<JsonNode> number(String text) {
    String digits = text.replace("_", "").toLowerCase(Locale.ROOT);
    if (digits.contains(":") || digits.endsWith("inf") || digits.endsWith("nan")) {
      return Optional.empty();
    }
    BigDecimal value = new BigDecimal(digits);
    // On its way to the API server 1e3 becomes 1000, which is an integer.
    boolean whole = value.signum() == 0 || value.stripTrailingZeros().scale() <= 0;
    if (whole && value.precision() - (long) value.scale() <= MAX_DIGITS) {
      return Optional.of(integerNode(value.toBigIntegerExact()));
    }
    return Optional.of(json.numberNode(value));
  }
}
