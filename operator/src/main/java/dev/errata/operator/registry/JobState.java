package dev.errata.operator.registry;

import dev.errata.api.resource.Condition;
import dev.errata.api.resource.EditJobStatus;
import java.util.Optional;

/**
 * What a status says in one word.
 *
 * @param name Waiting, Running, Complete or Failed
 * @param reason why it ended; null before
 */
record JobState(String name, String reason) {
  /** That of a status; null is one that nobody has written yet. */
  static JobState of(EditJobStatus status) {
    if (status == null) {
      return new JobState("Waiting", null);
    }
    return end(status)
        .map(end -> new JobState(end.type(), end.reason()))
        .orElse(new JobState(status.startTime() == null ? "Waiting" : "Running", null));
  }

  boolean ended() {
    return reason != null;
  }

  private static Optional<Condition> end(EditJobStatus status) {
    return status.conditions() == null
        ? Optional.empty()
        : status.conditions().stream()
            .filter(c -> c.status() == Condition.Status.True)
            .filter(c -> c.type().equals("Complete") || c.type().equals("Failed"))
            .findFirst();
  }
}
