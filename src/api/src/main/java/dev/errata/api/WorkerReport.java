package dev.errata.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.Stage;
import java.util.Map;
import java.util.Optional;

/**
 * What a worker pod tells the operator when it ends well: one JSON object, written as the
 * container's termination message, of which Kubernetes keeps 4096 bytes.
 *
 * @param stage the stage that is done
 * @param state {@code Published}, {@code Rejected}, or {@code Unchanged} when there was nothing to
 *     edit; null while the job has no result
 * @param reason why a version was rejected; null otherwise
 * @param version the version that was made or found made, such as {@code v3}
 * @param parent the version that it was made from
 * @param current the version that serving reads, after this stage
 * @param latest the newest published version, after this stage
 * @param digest content address of the version
 * @param sizeBytes bytes of its checkpoint
 * @param method name of the edit method
 * @param facts what became of the facts, as far as it is known
 * @param before figures of the parent, by the names of metrics
 * @param after figures of the version
 * @param family architecture of the model; of an import only
 * @param parameters number of its weights; of an import only
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record WorkerReport(
    Stage stage,
    String state,
    String reason,
    String version,
    String parent,
    String current,
    String latest,
    String digest,
    Long sizeBytes,
    String method,
    FactCounts facts,
    Map<String, Double> before,
    Map<String, Double> after,
    String family,
    Long parameters) {
  /** How many bytes of it Kubernetes keeps. */
  public static final int MAX_BYTES = 4096;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A stage that is done and has nothing else to say. */
  public static WorkerReport done(Stage stage) {
    return new WorkerReport(
        stage, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
  }

  /** One line of JSON. */
  public String json() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Reads what {@link #json} wrote; anything else, such as the end of a log, is no report. */
  public static Optional<WorkerReport> parse(String text) {
    if (text == null || !text.startsWith("{")) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(text, WorkerReport.class));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
