package dev.errata.operator.decide;

import dev.errata.api.WorkerReport;
import dev.errata.api.resource.Stage;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a decision needs to know of a child Job.
 *
 * @param name its name
 * @param stage the stage that it computes; null for a task of a Model
 * @param attempt how often the EditJob had been rebased when it was made
 * @param madeFor the {@link Fingerprint} that it was made for; null for a task of a Model
 * @param state where it is
 * @param suspended whether its {@code spec.suspend} is true
 * @param shards its completions
 * @param succeeded how many of them are done
 * @param failures how many of its pods have failed
 * @param ended when it completed or failed; null before
 * @param failure its controller's words about a failure; null otherwise
 * @param pods the pods that are left of it
 */
public record ChildView(
    String name,
    Stage stage,
    int attempt,
    String madeFor,
    State state,
    boolean suspended,
    int shards,
    int succeeded,
    int failures,
    Instant ended,
    String failure,
    List<PodView> pods) {
  /** Where a child Job is. */
  public enum State {
    /** It waits, runs or rests. */
    Active,
    /** All shards are done. */
    Complete,
    /** It has failed for good. */
    Failed
  }

  public ChildView {
    pods = List.copyOf(pods);
  }

  /** What a pod that ended well told, if any is left. */
  public Optional<WorkerReport> report() {
    return pods.stream()
        .filter(pod -> Integer.valueOf(0).equals(pod.exitCode()))
        .flatMap(pod -> WorkerReport.parse(pod.message()).stream())
        .findFirst();
  }

  /** The pod that failed last, if any is left. */
  public Optional<PodView> failedPod() {
    return pods.stream()
        .filter(pod -> pod.exitCode() != null && pod.exitCode() != 0)
        .max(java.util.Comparator.comparing(PodView::created));
  }
}
