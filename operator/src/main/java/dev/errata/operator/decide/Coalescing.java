package dev.errata.operator.decide;

import dev.errata.api.resource.EditJobStatus;
import java.time.Duration;
import java.time.Instant;

/**
 * Whether a status is worth a write now: progress alone is, once every five seconds.
 *
 * @param write whether to write
 * @param again when to look again, because something is held back; or null
 */
public record Coalescing(boolean write, Duration again) {
  private static final Duration PAUSE = Duration.ofSeconds(5);

  /** Compares what is there, which may be null, with what is to be. */
  public static Coalescing of(EditJobStatus old, EditJobStatus wanted, Instant now) {
    if (wanted.equals(old)) {
      return new Coalescing(false, null);
    }
    if (old == null || old.progress() == null || old.progress().updated() == null) {
      return new Coalescing(true, null);
    }
    if (!withoutProgress(wanted).equals(withoutProgress(old))) {
      return new Coalescing(true, null);
    }
    Duration age = Duration.between(Times.parse(old.progress().updated()), now);
    return age.compareTo(PAUSE) >= 0
        ? new Coalescing(true, null)
        : new Coalescing(false, PAUSE.minus(age));
  }

  /** The earlier of two times, either of which may be null. */
  public static Duration earlier(Duration one, Duration other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.compareTo(other) <= 0 ? one : other;
  }

  private static EditJobStatus withoutProgress(EditJobStatus s) {
    return new EditJobStatus(
        s.observedGeneration(),
        s.stage(),
        null,
        s.from(),
        s.version(),
        s.digest(),
        s.facts(),
        s.startTime(),
        s.completionTime(),
        s.activeSeconds(),
        s.rebases(),
        s.failures(),
        s.conditions());
  }
}
