package dev.errata.api.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cloudevents.CloudEvent;
import io.cloudevents.CloudEventData;
import io.cloudevents.core.builder.CloudEventBuilder;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/**
 * Events as CloudEvents 1.0, and back. Their data is JSON by the schemas {@code schemas/events/}.
 */
public final class Events {
  /** Type of a {@link ProgressEvent}. */
  public static final String PROGRESS = "dev.errata.progress.v1";

  /** Type of a {@link VersionEvent}. */
  public static final String VERSION = "dev.errata.version.v1";

  /** Type of a {@link FailureEvent}. */
  public static final String FAILURE = "dev.errata.failure.v1";

  private static final String JSON_TYPE = "application/json";
  private static final String SCHEMAS = "https://errata.dev/schemas/events/";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  private Events() {}

  /** The CloudEvent of a piece of progress that was made at this time. */
  public static CloudEvent of(ProgressEvent event, Instant time) {
    String id = event.uid() + "/" + event.attempt() + "/" + event.index() + "/" + event.sequence();
    return event(
        PROGRESS,
        "progress",
        id,
        source(event.namespace(), event.editJob()),
        event.uid(),
        event,
        time);
  }

  /** The CloudEvent of a result. */
  public static CloudEvent of(VersionEvent event, Instant time) {
    String id = event.uid() + "/" + event.version() + "/" + event.state();
    return event(
        VERSION,
        "version",
        id,
        source(event.namespace(), event.editJob()),
        event.uid(),
        event,
        time);
  }

  /** The CloudEvent of a failure. */
  public static CloudEvent of(FailureEvent event, Instant time) {
    return event(
        FAILURE,
        "failure",
        event.uid() + "/" + event.reason(),
        source(event.namespace(), event.editJob()),
        event.uid(),
        event,
        time);
  }

  private static URI source(String namespace, String editJob) {
    return URI.create("/namespaces/" + namespace + "/editjobs/" + editJob);
  }

  private static CloudEvent event(
      String type, String schema, String id, URI source, String uid, Object data, Instant time) {
    return CloudEventBuilder.v1()
        .withId(id)
        .withSource(source)
        .withType(type)
        .withSubject(uid)
        .withTime(time.truncatedTo(ChronoUnit.MILLIS).atOffset(ZoneOffset.UTC))
        .withDataSchema(URI.create(SCHEMAS + schema + "-v1.json"))
        .withData(JSON_TYPE, json(data))
        .build();
  }

  private static byte[] json(Object data) {
    try {
      return JSON.writeValueAsBytes(data);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads a piece of progress.
   *
   * @throws BrokenEventException when it is none
   */
  public static ProgressEvent progress(CloudEvent event) throws BrokenEventException {
    return data(event, PROGRESS, ProgressEvent.class);
  }

  /**
   * Reads a result.
   *
   * @throws BrokenEventException when it is none
   */
  public static VersionEvent version(CloudEvent event) throws BrokenEventException {
    return data(event, VERSION, VersionEvent.class);
  }

  /**
   * Reads a failure.
   *
   * @throws BrokenEventException when it is none
   */
  public static FailureEvent failure(CloudEvent event) throws BrokenEventException {
    return data(event, FAILURE, FailureEvent.class);
  }

  /**
   * Reads what came of a job.
   *
   * @throws BrokenEventException when it is neither a result nor a failure
   */
  public static Outcome outcome(CloudEvent event) throws BrokenEventException {
    return FAILURE.equals(event.getType()) ? failure(event) : version(event);
  }

  private static <T> T data(CloudEvent event, String type, Class<T> kind)
      throws BrokenEventException {
    if (!type.equals(event.getType())) {
      throw new BrokenEventException("its type is " + event.getType() + ", " + type + " wanted");
    }
    CloudEventData data = event.getData();
    if (data == null) {
      throw new BrokenEventException("it has no data");
    }
    try {
      T read = JSON.readValue(data.toBytes(), kind);
      if (read == null) {
        throw new BrokenEventException("its data is null");
      }
      return read;
    } catch (JsonProcessingException e) {
      throw new BrokenEventException("its data: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new BrokenEventException("its data: " + e.getMessage(), e);
    }
  }
}
