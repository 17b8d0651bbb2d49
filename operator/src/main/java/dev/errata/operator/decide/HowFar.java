package dev.errata.operator.decide;

import dev.errata.api.resource.Progress;
import java.time.Duration;
import java.time.Instant;

/**
 * How far the workers of a stage are. What was told last is worth nothing when nothing can be told
 * any more: then it is not known, and that is said. Short absences are passed over, so that a
 * status is not written to and fro.
 *
 * @param progress what is known; or null
 * @param unknown a sentence about what is not known and why; empty when nothing is amiss
 */
record HowFar(Progress progress, String unknown) {
  /** How long a line may be silent before anybody is told. */
  static final Duration AWAY = Duration.ofSeconds(15);

  /** Workers tell something every ten seconds, whether they are further or not. */
  static final Duration SILENCE = Duration.ofMinutes(1);

  /**
   * Weighs what is known.
   *
   * @param before what the status says so far; may be null
   * @param attempt how often the job has been rebased
   */
  static HowFar of(Observation seen, ChildView child, int attempt, Progress before, Instant now) {
    Line line = seen.line();
    Observation.Heard heard = seen.heard();
    boolean told = heard != null && heard.stage() == child.stage() && heard.attempt() == attempt;
    if (line != null && !line.up() && older(line.since(), AWAY, now)) {
      return lost(child, before, now, "Kafka does not answer the operator");
    }
    if (line != null && line.up() && !(told && fresh(heard, now)) && overdue(line, child, now)) {
      return lost(child, before, now, "the operator hears nothing of them over Kafka");
    }
    return new HowFar(told ? heard.progress() : counted(child, before, now), "");
  }

  private static HowFar lost(ChildView child, Progress before, Instant now, String why) {
    boolean shared = child.shards() > 1;
    return new HowFar(
        shared ? counted(child, before, now) : null,
        " Their progress is unknown: "
            + why
            + (shared ? "; status.progress counts the pods that are done." : "."));
  }

  /** Pods that are done, where several share the stage. */
  private static Progress counted(ChildView child, Progress before, Instant now) {
    long done = child.succeeded();
    long total = child.shards();
    boolean same =
        before != null
            && before.done() != null
            && before.total() != null
            && before.done() == done
            && before.total() == total
            && before.itemsPerSecond() == null;
    return total <= 1 || same
        ? before
        : new Progress(done, total, 100 * done / total + "%", null, null, Times.format(now));
  }

  private static boolean fresh(Observation.Heard heard, Instant now) {
    return !older(Times.parse(heard.progress().updated()), SILENCE, now);
  }

  /** Whether something should have been told: pods compute, and they would have been heard. */
  private static boolean overdue(Line line, ChildView child, Instant now) {
    return older(line.since(), SILENCE, now)
        && child.pods().stream().anyMatch(p -> p.ready() && older(p.created(), SILENCE, now));
  }

  private static boolean older(Instant time, Duration than, Instant now) {
    return Duration.between(time, now).compareTo(than) > 0;
  }
}
