package dev.errata.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.errata.api.event.Events;
import dev.errata.api.event.Topics;
import dev.errata.api.meter.Meters;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import org.junit.jupiter.api.Test;

/** Writes the references of {@code docs/reference} and holds those that are committed to them. */
class ReferenceTest {
  private static final String MEND =
      "the reference is behind the code: run"
          + " mvn -pl src/api test -Dtest=ReferenceTest -Derrata.docs.write=true and commit docs/";
  private static final Path CRDS = Path.of("../../crds");
  private static final Path REFERENCE = Path.of("../../docs/reference");
  private static final String LINK = "src/api/src/main/resources/schemas/events/";
  private static final Path SCHEMAS = Path.of("../..").resolve(LINK);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  @Test
  void theResourcesAreDescribedAsTheyAre() throws IOException {
    var text =
        new StringBuilder(
            """
            # Resources of errata.dev/v1alpha1

            Generated from `crds/`. A field in bold must be set; `[]` stands for every item of a list, `.*` for \
            every value of a map.
            """);
    for (String kind : List.of("models", "editjobs", "modelversions")) {
      JsonNode crd = YAML.readTree(CRDS.resolve(kind + ".errata.dev.yaml").toFile());
      JsonNode version = crd.at("/spec/versions/0");
      text.append("\n## ").append(crd.at("/spec/names/kind").asText()).append('\n');
      for (String part : List.of("spec", "status")) {
        JsonNode schema = version.at("/schema/openAPIV3Schema/properties/" + part);
        if (schema.isMissingNode()) {
          continue;
        }
        text.append("\n| field | type | default | what it is |\n|---|---|---|---|\n");
        List<String> rules = new ArrayList<>();
        rules(part, schema, rules);
        fields(part, schema, text, rules);
        if (!rules.isEmpty()) {
          text.append("\nRules:\n\n");
          rules.forEach(rule -> text.append("- ").append(rule).append('\n'));
        }
      }
    }
    hold("resources.md", text.toString());
  }

  @Test
  void theReasonsAreDescribedAsTheyAre() throws IOException {
    var text =
        new StringBuilder(
            """
            # Conditions, reasons and events

            Generated from the code. A condition of an EditJob or a Model has one of these types:

            """);
    for (ConditionType type : ConditionType.values()) {
      text.append("- `").append(type).append("`: ").append(type.meaning()).append('\n');
    }
    text.append(
        """

        The reason of a condition, and of an Event, is one of these; the message says the rest.

        | reason | meaning |
        |---|---|
        """);
    for (Reason reason : Reason.values()) {
      text.append("| `" + reason + "` | " + reason.meaning() + " |\n");
    }
    hold("reasons.md", text.toString());
  }

  @Test
  void theMetersAreDescribedAsTheyAre() throws IOException {
    var text =
        new StringBuilder(
            """
            # Metrics

            Generated from the code. Prometheus scrapes them at `/q/metrics` of the operator's port `management` \
            (9000) and at `/metrics` of a worker's port `metrics` (9464). A histogram has `_bucket`, `_count` and \
            `_sum` behind its name, and `_max` for the longest of late; namespace and pod are what Prometheus adds. \
            Beside them the operator tells those of its libraries: `jvm_*`, `process_*` and, with the registry, \
            `agroal_*` for the pool of the database.
            """);
    for (Meters.Program program : Meters.Program.values()) {
      text.append("\n## ")
          .append(program == Meters.Program.OPERATOR ? "Operator" : "Worker")
          .append("\n\n| metric | type | unit | labels | what it says |\n|---|---|---|---|---|\n");
      for (Meters meter : Meters.values()) {
        if (meter.program() == program) {
          var labels = new StringJoiner(", ");
          meter.labels().forEach(label -> labels.add("`" + label + "`"));
          String type = meter.kind() == Meters.Kind.TIMER ? "histogram" : lower(meter.kind());
          text.append("| `" + meter.scraped() + "` | " + type + " | " + meter.unit() + " | ")
              .append(labels + " | " + cell(meter.help()) + " |\n");
        }
      }
    }
    hold("metrics.md", text.toString());
  }

  @Test
  void theEventsAreDescribedAsTheyAre() throws IOException {
    var text =
        new StringBuilder(
            """
            # Events

            Generated from the schemas. Workers, and of failures the operator, tell over Kafka what is below, as CloudEvents \
            1.0 in binary mode: `ce_type` is the type, `ce_subject` and the key of the record the UID of the EditJob, `ce_dataschema` the schema; the data is \
            JSON. A field in bold is always there; readers overlook fields that they do not know. \
            [How to hear of progress](../how-to/kafka.md) says how to set it up.
            """);
    for (String[] event :
        new String[][] {
          {"progress-v1.json", Events.PROGRESS, Topics.PROGRESS},
          {"version-v1.json", Events.VERSION, Topics.VERSIONS},
          {"failure-v1.json", Events.FAILURE, Topics.VERSIONS}
        }) {
      JsonNode schema = JSON.readTree(SCHEMAS.resolve(event[0]).toFile());
      text.append("\n## ").append(event[1]).append("\n\n");
      String title = schema.path("title").asText();
      text.append("On the topic `" + event[2] + "`: " + title.substring(title.indexOf(':') + 2))
          .append(". Schema: [`" + event[0] + "`](../../" + LINK + event[0] + ").\n")
          .append("\n| field | type | default | what it is |\n|---|---|---|---|\n");
      fields("data", schema, text, new ArrayList<>());
    }
    text.append(
        """

        ## Records that are no events

        They go to the topic `%s` as they were, with the headers `errata-reason` and `errata-place` \
        (TOPIC-PARTITION@OFFSET).
        """
            .formatted(Topics.DEAD_LETTERS));
    hold("events.md", text.toString());
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static void fields(String path, JsonNode schema, StringBuilder text, List<String> rules) {
    List<String> required = new ArrayList<>();
    schema.path("required").forEach(name -> required.add(name.asText()));
    schema
        .path("properties")
        .properties()
        .forEach(
            property -> {
              String name = path + "." + property.getKey();
              JsonNode field = property.getValue();
              String shown = "`" + name + "`";
              text.append("| ")
                  .append(required.contains(property.getKey()) ? "**" + shown + "**" : shown)
                  .append(" | ")
                  .append(type(field))
                  .append(" | ")
                  .append(
                      field.has("default") ? "`" + cell(field.get("default").toString()) + "`" : "")
                  .append(" | ")
                  .append(cell(field.path("description").asText()))
                  .append(" |\n");
              rules(name, field, rules);
              inside(name, field, text, rules);
            });
  }

  private static void inside(String name, JsonNode field, StringBuilder text, List<String> rules) {
    fields(name, field, text, rules);
    for (var inner : List.of(List.of("items", "[]"), List.of("additionalProperties", ".*"))) {
      if (field.path(inner.get(0)).isObject()) {
        rules(name + inner.get(1), field.get(inner.get(0)), rules);
        inside(name + inner.get(1), field.get(inner.get(0)), text, rules);
      }
    }
  }

  private static void rules(String path, JsonNode schema, List<String> rules) {
    for (JsonNode rule : schema.path("x-kubernetes-validations")) {
      rules.add("`" + path + "` " + rule.path("message").asText());
    }
  }

  private static String type(JsonNode field) {
    if (field.has("enum")) {
      var values = new StringJoiner(", ");
      field.get("enum").forEach(value -> values.add("`" + value.asText() + "`"));
      return values.toString();
    }
    String type = field.path("type").asText("quantity");
    var words = new StringJoiner(", ");
    words.add(
        switch (type) {
          case "array" -> "list of " + field.at("/items/type").asText("quantity");
          case "object" ->
              field.has("additionalProperties")
                  ? "map of " + field.at("/additionalProperties/type").asText("quantity")
                  : type;
          default -> type;
        });
    boolean above = field.path("exclusiveMinimum").asBoolean();
    boolean below = field.path("exclusiveMaximum").asBoolean();
    bound(field, "minimum", above ? "above %s" : "at least %s", words);
    bound(field, "maximum", below ? "below %s" : "at most %s", words);
    bound(field, "minLength", "at least %s characters", words);
    bound(field, "maxLength", "at most %s characters", words);
    bound(field, "minItems", "at least %s items", words);
    bound(field, "maxItems", "at most %s items", words);
    bound(field, "maxProperties", "at most %s entries", words);
    return words.toString();
  }

  private static void bound(JsonNode field, String key, String words, StringJoiner all) {
    // An empty text is not worth a word.
    if (field.has(key) && !(key.equals("minLength") && field.get(key).asInt() == 1)) {
      double value = field.get(key).asDouble();
      String number = value == Math.rint(value) ? String.valueOf((long) value) : "" + value;
      all.add(words.formatted(number).replace(" 1 items", " 1 item"));
    }
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replaceAll("\\s+", " ");
  }

  private static void hold(String name, String text) throws IOException {
    Path file = REFERENCE.resolve(name);
    if (Boolean.getBoolean("errata.docs.write")) {
      Files.createDirectories(REFERENCE);
      Files.writeString(file, text);
    }
    assertThat(file).as(MEND).hasContent(text);
  }
}
