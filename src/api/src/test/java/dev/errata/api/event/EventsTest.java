package dev.errata.api.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.Stage;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What released Errata has sent must be read for ever, and the schemas must say what is sent. */
class EventsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RELEASE = "/events/0.1.0/";
  private static final String UID = "8f2c1f0e-7a51-4a8e-9d3b-0d1c2b3a4f5e";

  private static final ProgressEvent PROGRESS =
      new ProgressEvent(
          "lab",
          "two-facts",
          UID,
          "world",
          Stage.Values,
          "values",
          "facts",
          1,
          2,
          4,
          1763754000000007L,
          17,
          50,
          3);

  private static final VersionEvent VERSION =
      new VersionEvent(
          "lab",
          "two-facts",
          UID,
          "world",
          "v3",
          "v2",
          "Published",
          null,
          "v3",
          "sha256:4ba1c5",
          4096L,
          "MEMIT",
          new FactCounts(2, 2, 0, 0),
          Map.of("efficacy", 0.0),
          Map.of("efficacy", 1.0, "score", 0.987));

  private static final FailureEvent FAILURE =
      new FailureEvent(
          "lab",
          "two-facts",
          UID,
          "world",
          "BadInput",
          "Statistics refused its input; facts.jsonl: line 3");

  @Test
  void whatIsSentIsWhatThisReleaseHasPromised() throws IOException {
    assertThat(written(Events.of(PROGRESS, Instant.parse("2026-11-21T19:40:00.250Z"))))
        .isEqualTo(json(RELEASE + "progress.json"));
    assertThat(written(Events.of(VERSION, Instant.parse("2026-11-21T19:41:07Z"))))
        .isEqualTo(json(RELEASE + "version.json"));
    assertThat(written(Events.of(FAILURE, Instant.parse("2026-11-21T19:41:07Z"))))
        .isEqualTo(json(RELEASE + "failure.json"));
  }

  @Test
  void messagesOfThisReleaseAreRead() throws Exception {
    assertThat(Events.progress(golden("progress"))).isEqualTo(PROGRESS);
    assertThat(Events.outcome(golden("version"))).isEqualTo(VERSION);
    assertThat(Events.outcome(golden("failure"))).isEqualTo(FAILURE);
  }

  @Test
  void fieldsOfANewerReleaseAreOverlooked() throws Exception {
    ObjectNode data = (ObjectNode) json(RELEASE + "progress.json").path("data");
    CloudEvent newer =
        CloudEventBuilder.from(golden("progress"))
            .withData("application/json", JSON.writeValueAsBytes(data.put("newer", true)))
            .build();
    assertThat(Events.progress(newer)).isEqualTo(PROGRESS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"progress", "version", "failure"})
  void messagesKeepTheirSchema(String kind) throws IOException {
    JsonSchema schema =
        JsonSchemaFactory.getInstance(VersionFlag.V202012)
            .getSchema(json("/schemas/events/" + kind + "-v1.json"));
    assertThat(schema.validate(json(RELEASE + kind + ".json").path("data"))).isEmpty();
  }

  /** Readers of the released schema must be able to read what is sent now, and the other way. */
  @ParameterizedTest
  @ValueSource(strings = {"progress", "version", "failure"})
  void schemasAreCompatibleWithThoseReleased(String kind) throws IOException {
    JsonNode released = json(RELEASE + kind + "-v1.schema.json");
    JsonNode now = json("/schemas/events/" + kind + "-v1.json");
    released
        .path("properties")
        .properties()
        .forEach(
            field -> {
              ObjectNode then = field.getValue().deepCopy();
              JsonNode is = now.path("properties").path(field.getKey());
              assertThat(is.isObject()).as("%s is still there", field.getKey()).isTrue();
              ObjectNode there = is.deepCopy();
              then.remove("description");
              there.remove("description");
              assertThat(there).as("%s", field.getKey()).isEqualTo(then);
            });
    assertThat(now.path("required")).as("required").isEqualTo(released.path("required"));
  }

  @Test
  void theSchemasNameEveryField() throws IOException {
    assertThat(fields("progress")).isEqualTo(components(ProgressEvent.class));
    assertThat(fields("version")).isEqualTo(components(VersionEvent.class));
    assertThat(fields("failure")).isEqualTo(components(FailureEvent.class));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"namespace\":\"lab\"}|Cannot map `null` into type `int`",
        "[1]|Cannot deserialize",
        "no json|Unrecognized token",
        "null|its data is null",
      })
  void brokenOnesAreRefusedWithTheReason(String data, String why) throws IOException {
    CloudEvent broken =
        CloudEventBuilder.from(golden("progress"))
            .withData("application/json", data.getBytes(java.nio.charset.StandardCharsets.UTF_8))
            .build();
    assertThatThrownBy(() -> Events.progress(broken))
        .isInstanceOf(BrokenEventException.class)
        .hasMessageContaining(why);
  }

  @Test
  void boundsAreKept() throws Exception {
    ObjectNode data = (ObjectNode) json(RELEASE + "progress.json").path("data");
    CloudEvent beyond =
        CloudEventBuilder.from(golden("progress"))
            .withData("application/json", JSON.writeValueAsBytes(data.put("index", 4)))
            .build();
    assertThatThrownBy(() -> Events.progress(beyond))
        .hasMessageContaining("shards - 1 - index is -1, at least 0 wanted");
    assertThatThrownBy(() -> Events.version(golden("progress")))
        .hasMessage("its type is dev.errata.progress.v1, dev.errata.version.v1 wanted");
  }

  @Test
  void aLowerAttemptOrSequenceIsStale() {
    assertThat(of(1, 5).staleBehind(null)).isFalse();
    assertThat(of(1, 5).staleBehind(of(1, 4))).isFalse();
    assertThat(of(2, 1).staleBehind(of(1, 9))).isFalse();
    assertThat(of(1, 5).staleBehind(of(1, 5))).isTrue();
    assertThat(of(1, 9).staleBehind(of(2, 1))).isTrue();
  }

  @Test
  void aJobOnALaptopHasTheSameKeyAgain() {
    assertThat(JobRef.of(null, "j", null, "m")).isEqualTo(JobRef.of("default", "j", null, "m"));
    assertThat(JobRef.of(null, "j", null, "m").uid())
        .isNotEqualTo(JobRef.of(null, "j", null, "other").uid());
    assertThat(JobRef.of("lab", "j", "uid", "m").uid()).isEqualTo("uid");
  }

  private static ProgressEvent of(int attempt, long sequence) {
    return new ProgressEvent(
        "n", "j", UID, "m", Stage.Values, "values", "facts", attempt, 0, 1, sequence, 0, 0, 0);
  }

  private static List<String> fields(String kind) throws IOException {
    List<String> names = new ArrayList<>();
    json("/schemas/events/" + kind + "-v1.json")
        .path("properties")
        .fieldNames()
        .forEachRemaining(names::add);
    return names;
  }

  private static List<String> components(Class<?> event) {
    return Arrays.stream(event.getRecordComponents()).map(RecordComponent::getName).toList();
  }

  private static JsonNode json(String resource) throws IOException {
    try (InputStream in = EventsTest.class.getResourceAsStream(resource)) {
      return JSON.readTree(in);
    }
  }

  private static CloudEvent golden(String kind) throws IOException {
    JsonNode message = json(RELEASE + kind + ".json");
    JsonNode attributes = message.path("attributes");
    return CloudEventBuilder.v1()
        .withId(attributes.path("id").asText())
        .withSource(URI.create(attributes.path("source").asText()))
        .withType(attributes.path("type").asText())
        .withSubject(attributes.path("subject").asText())
        .withTime(OffsetDateTime.parse(attributes.path("time").asText()))
        .withDataSchema(URI.create(attributes.path("dataschema").asText()))
        .withData("application/json", JSON.writeValueAsBytes(message.path("data")))
        .build();
  }

  private static JsonNode written(CloudEvent event) throws IOException {
    ObjectNode message = JSON.createObjectNode();
    ObjectNode attributes = message.putObject("attributes");
    attributes.put("specversion", event.getSpecVersion().toString());
    for (String name :
        List.of("id", "source", "type", "subject", "time", "datacontenttype", "dataschema")) {
      attributes.put(name, event.getAttribute(name).toString());
    }
    message.set("data", JSON.readTree(event.getData().toBytes()));
    return message;
  }
}
