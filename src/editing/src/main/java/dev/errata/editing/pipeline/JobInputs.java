package dev.errata.editing.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.editing.checkpoint.Sha256;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All that determines a job's result.
 *
 * @param job the job's name; two jobs with one name are one job whose inputs were changed
 * @param values each input by its place in the manifest, such as {@code spec.seed}
 */
record JobInputs(String job, SortedMap<String, String> values) {
  private static final String FORMAT = "errata job 2";
  private static final int SHOWN = 40;

  /** The inputs of a tree: its leaves by their paths. */
  static JobInputs of(String job, ObjectNode tree) {
    SortedMap<String, String> values = new TreeMap<>();
    flatten("", tree, values);
    return new JobInputs(job, values);
  }

  private static void flatten(String path, JsonNode node, Map<String, String> values) {
    if (node.isObject() && !node.isEmpty()) {
      node.properties()
          .forEach(
              field -> {
                String name = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
                flatten(name, field.getValue(), values);
              });
    } else {
      values.put(path, node.isTextual() ? node.textValue() : node.toString());
    }
  }

  /** The job's identity; its name is no part of it. */
  String digest() {
    Sha256 sha = new Sha256().line(FORMAT);
    values.forEach((name, value) -> sha.line(name).line(value));
    return "sha256:" + sha.hex();
  }

  /** What differs from other inputs: {@code spec.seed: 1 → 2}. */
  List<String> changesTo(JobInputs now) {
    TreeSet<String> names = new TreeSet<>(values.keySet());
    names.addAll(now.values.keySet());
    List<String> changes = new ArrayList<>();
    for (String name : names) {
      String old = values.get(name);
      String other = now.values.get(name);
      if (!Objects.equals(old, other)) {
        changes.add(name + ": " + shown(old) + " → " + shown(other));
      }
    }
    return changes;
  }

  private static String shown(String value) {
    if (value == null) {
      return "nothing";
    }
    return value.length() > SHOWN ? value.substring(0, 19) + "…" : value;
  }
}
