package dev.errata.api.event;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.errata.api.WorkerReport;
import dev.errata.api.resource.FactCounts;
import java.util.Map;
import java.util.Objects;

/**
 * What came of a job: the version that it made, or found made. It informs; whether a version exists
 * is for its manifest to say.
 *
 * @param namespace of the EditJob
 * @param editJob its name
 * @param uid its UID
 * @param model name of its Model
 * @param version such as {@code v3}
 * @param parent the version that it was made from; null when nothing was made
 * @param state {@code Published}, {@code Rejected}, or {@code Unchanged} when there was nothing to
 *     edit
 * @param reason why it was rejected; null otherwise
 * @param current the version that serving reads now
 * @param digest content address of the version
 * @param sizeBytes bytes of its checkpoint
 * @param method name of the edit method
 * @param facts what became of the facts
 * @param before figures of the parent, by the names of metrics
 * @param after figures of the version
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record VersionEvent(
    String namespace,
    String editJob,
    String uid,
    String model,
    String version,
    String parent,
    String state,
    String reason,
    String current,
    String digest,
    Long sizeBytes,
    String method,
    FactCounts facts,
    Map<String, Double> before,
    Map<String, Double> after)
    implements Outcome {
  /** Refuses what no worker sends. */
  public VersionEvent {
    Objects.requireNonNull(namespace, "namespace is missing");
    Objects.requireNonNull(editJob, "editJob is missing");
    Objects.requireNonNull(uid, "uid is missing");
    Objects.requireNonNull(model, "model is missing");
    Objects.requireNonNull(version, "version is missing");
    Objects.requireNonNull(state, "state is missing");
    before = before == null ? null : Map.copyOf(before);
    after = after == null ? null : Map.copyOf(after);
  }

  /** The event of a job whose worker reports its result. */
  public static VersionEvent of(JobRef job, WorkerReport report) {
    return new VersionEvent(
        job.namespace(),
        job.name(),
        job.uid(),
        job.model(),
        report.version() == null ? report.current() : report.version(),
        report.parent(),
        report.state(),
        report.reason(),
        report.current(),
        report.digest(),
        report.sizeBytes(),
        report.method(),
        report.facts(),
        report.before(),
        report.after());
  }
}
