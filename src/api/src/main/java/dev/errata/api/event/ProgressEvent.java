package dev.errata.api.event;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.errata.api.resource.Stage;
import java.util.Comparator;
import java.util.Objects;

/**
 * How far a worker is. Of two events of one job and one index the newer is the one with the higher
 * attempt, then the higher sequence; the other is stale.
 *
 * @param namespace of the EditJob
 * @param editJob its name
 * @param uid its UID
 * @param model name of its Model
 * @param stage the stage that the worker computes
 * @param title the part of the stage that is at hand, in plain words, such as {@code statistics}
 * @param unit what is counted, in the plural
 * @param attempt how often the EditJob had been rebased when the worker began
 * @param index number of the worker among those that share the stage, from 0
 * @param shards how many share it
 * @param sequence rises from event to event of one index, also over restarts: it begins at the
 *     microseconds since 1970 at which the worker began
 * @param done items done
 * @param total items in all; 0 when not known yet
 * @param dropped events that this worker could not send so far
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ProgressEvent(
    String namespace,
    String editJob,
    String uid,
    String model,
    Stage stage,
    String title,
    String unit,
    int attempt,
    int index,
    int shards,
    long sequence,
    long done,
    long total,
    long dropped) {
  /** Older before newer, among the events of one index of one job. */
  public static final Comparator<ProgressEvent> AGE =
      Comparator.comparingInt(ProgressEvent::attempt).thenComparingLong(ProgressEvent::sequence);

  /** Refuses what no worker sends. */
  public ProgressEvent {
    Objects.requireNonNull(namespace, "namespace is missing");
    Objects.requireNonNull(editJob, "editJob is missing");
    Objects.requireNonNull(uid, "uid is missing");
    Objects.requireNonNull(model, "model is missing");
    Objects.requireNonNull(stage, "stage is missing");
    Objects.requireNonNull(title, "title is missing");
    Objects.requireNonNull(unit, "unit is missing");
    Numbers.atLeast(0, attempt, "attempt");
    Numbers.atLeast(1, shards, "shards");
    Numbers.atLeast(0, index, "index");
    Numbers.atLeast(0, shards - 1L - index, "shards - 1 - index");
    Numbers.atLeast(0, sequence, "sequence");
    Numbers.atLeast(0, done, "done");
    Numbers.atLeast(0, total, "total");
    Numbers.atLeast(0, dropped, "dropped");
  }

  /** Whether this event says less than another one of its index, which came before it. */
  public boolean staleBehind(ProgressEvent known) {
    return known != null && AGE.compare(this, known) <= 0;
  }
}
