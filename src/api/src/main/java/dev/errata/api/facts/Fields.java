package dev.errata.api.facts;

import com.fasterxml.jackson.databind.JsonNode;
import dev.errata.api.Problems;
import dev.errata.api.Text;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The fields of one JSON object of a facts source; what is wrong with them goes to the problems.
 */
final class Fields {
  private final JsonNode node;
  private final String place;
  private final String path;
  private final Problems problems;

  Fields(JsonNode node, String place, Problems problems) {
    this(node, place, "", problems);
  }

  private Fields(JsonNode node, String place, String path, Problems problems) {
    this.node = node;
    this.place = place;
    this.path = path;
    this.problems = problems;
  }

  String place() {
    return place;
  }

  boolean has(String field) {
    return node.hasNonNull(field);
  }

  boolean isArray(String field) {
    return node.path(field).isArray();
  }

  boolean isObject(String field) {
    return node.path(field).isObject();
  }

  void problem(String field, String what) {
    problems.add(place + ": " + path + field + ": " + what);
  }

  /** A text that must be there, trimmed; null after a problem. */
  String text(String field, String mend) {
    if (!has(field)) {
      problem(field, "is missing; " + mend);
      return null;
    }
    String value = string(node.get(field), field);
    if (value == null) {
      return null;
    }
    String trimmed = value.strip();
    if (trimmed.isEmpty()) {
      problem(field, "must not be empty; " + mend);
      return null;
    }
    return trimmed;
  }

  /** A text as it stands, or null when absent. */
  String optional(String field) {
    return has(field) ? string(node.get(field), field) : null;
  }

  /** A text, a number, or the first text of a list; null when absent or empty. */
  String first(String field) {
    JsonNode value = node.path(field);
    while (value.isArray()) {
      value = value.path(0);
    }
    if (value.isNull() || value.isMissingNode()) {
      return null;
    }
    String text = value.isNumber() ? value.asText() : string(value, field);
    return text == null || text.isBlank() ? null : text.strip();
  }

  /** A text or a list of texts, as they stand; blank ones are a problem. */
  List<String> texts(String field) {
    List<String> texts = new ArrayList<>();
    if (!has(field)) {
      return texts;
    }
    JsonNode value = node.get(field);
    if (value.isTextual()) {
      addText(texts, value, field);
      return texts;
    }
    if (!value.isArray()) {
      problem(field, "must be a list of texts, is " + Text.clip(value.toString()));
      return texts;
    }
    for (int i = 0; i < value.size(); i++) {
      addText(texts, value.get(i), field + "[" + i + "]");
    }
    return texts;
  }

  private void addText(List<String> texts, JsonNode value, String field) {
    String text = string(value, field);
    if (text == null) {
      return;
    }
    if (text.isBlank()) {
      problem(field, "must not be empty; give a prompt or leave it out");
    } else {
      texts.add(text.stripTrailing());
    }
  }

  /** The objects of a list; none when absent. */
  List<Fields> objects(String field) {
    List<Fields> objects = new ArrayList<>();
    if (!has(field)) {
      return objects;
    }
    JsonNode value = node.get(field);
    if (!value.isArray()) {
      problem(field, "must be a list of objects, is " + Text.clip(value.toString()));
      return objects;
    }
    for (int i = 0; i < value.size(); i++) {
      String item = field + "[" + i + "]";
      if (value.get(i).isObject()) {
        objects.add(new Fields(value.get(i), place, path + item + ".", problems));
      } else {
        problem(item, "must be an object, is " + Text.clip(value.get(i).toString()));
      }
    }
    return objects;
  }

  /** The object of a field that must be there; null after a problem. */
  Fields object(String field, String mend) {
    JsonNode value = node.path(field);
    if (value.isObject()) {
      return new Fields(value, place, path + field + ".", problems);
    }
    if (value.isMissingNode() || value.isNull()) {
      problem(field, "is missing; " + mend);
    } else {
      problem(field, "must be an object, is " + Text.clip(value.toString()) + "; " + mend);
    }
    return null;
  }

  /** The names of all fields. */
  List<String> names() {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** Refuses fields that nobody knows. */
  void only(Collection<String> known) {
    for (String name : names()) {
      if (!known.contains(name)) {
        problem(name, "unknown field" + Text.didYouMean(name, known));
      }
    }
  }

  private String string(JsonNode value, String field) {
    if (value.isTextual()) {
      return value.textValue();
    }
    problem(field, "must be a text, is " + Text.clip(value.toString()) + "; put it in quotes");
    return null;
  }
}
