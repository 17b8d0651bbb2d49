package dev.errata.operator.registry;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.errata.api.EditJob;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.Progress;
import dev.errata.operator.decide.JobState;
import java.util.List;
import java.util.Map;

/** What the registry answers. */
public final class Answers {
  private Answers() {}

  /** A model; versions are written {@code vN}. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ModelAnswer(
      String namespace,
      String name,
      String family,
      Long parameters,
      String source,
      String current,
      String latest,
      long versions) {}

  /**
   * A version with its figures.
   *
   * @param listing whether the registry holds what its files say
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record VersionAnswer(
      String model,
      String version,
      String parent,
      String editJob,
      String state,
      String reason,
      String method,
      String digest,
      Long sizeBytes,
      Counts facts,
      Map<String, Figure> metrics,
      List<StageAnswer> stages,
      String createdAt,
      boolean current,
      Listing listing) {}

  /**
   * Whether the registry holds what the files of a version say: its facts, tensors and stages.
   *
   * @param listed false while they are still to be told; what it held before stays until then
   * @param reason why they are not told yet; null when nothing is known to be wrong
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Listing(boolean listed, String reason) {}

  /** What became of the facts of a version. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Counts(Integer total, Integer verified, Integer failed, Integer noop) {}

  /** A figure of the parent and of the version. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Figure(Double before, Double after) {}

  /** How long a stage took. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record StageAnswer(String name, double seconds, String unit, Long items) {}

  /**
   * A fact that a version was made with.
   *
   * @param before what the model said of it before: the fact's own old target, or else what an
   *     earlier version had written
   * @param beforeIn the earlier version that had written that; null for an old target
   * @param serving whether the version that serving reads descends from this one, or is it
   * @param verified whether it held after the edit
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record FactAnswer(
      String model,
      String version,
      String editJob,
      String state,
      boolean serving,
      String id,
      String subject,
      String prompt,
      String target,
      String before,
      String beforeIn,
      Boolean verified,
      String createdAt) {}

  /** Facts, and how to ask for those behind them: null at the end. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record FactPage(List<FactAnswer> facts, String next) {}

  /** A tensor that a version changed. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record TensorAnswer(String version, Object change) {}

  /**
   * What lies between two versions of one lineage.
   *
   * @param versions those behind {@code from} up to {@code to}, oldest first
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record DiffAnswer(
      String model,
      String from,
      String to,
      List<String> versions,
      List<FactAnswer> facts,
      boolean moreFacts,
      List<TensorAnswer> tensors,
      Map<String, Figure> metrics) {}

  /** A job, as its status says. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record JobAnswer(
      String name,
      String uid,
      String model,
      String stage,
      String state,
      String reason,
      String from,
      String version,
      Integer facts,
      String createdAt,
      String startTime,
      String completionTime) {}

  /** How a job goes now. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ProgressAnswer(
      String name,
      String state,
      String reason,
      String stage,
      Progress progress,
      String version,
      String startTime,
      String completionTime) {
    static ProgressAnswer of(EditJob job) {
      EditJobStatus status = job.getStatus();
      JobState.Stay stay = JobState.of(job);
      return new ProgressAnswer(
          job.getMetadata().getName(),
          stay.state().name(),
          stay.reason(),
          status == null || status.stage() == null ? null : status.stage().name(),
          status == null ? null : status.progress(),
          status == null ? null : status.version(),
          status == null ? null : status.startTime(),
          status == null ? null : status.completionTime());
    }
  }

  /** A figure over the versions of a model, oldest first. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record FigureOfVersion(String version, String state, Double before, Double after) {}
}
