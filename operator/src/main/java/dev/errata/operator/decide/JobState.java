package dev.errata.operator.decide;

import dev.errata.api.EditJob;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.Reason;
import java.time.Instant;
import java.util.Optional;

/** Where an EditJob is, in one word, read off its conditions: for meters, registry and console. */
public enum JobState {
  /** Nothing is known of it yet. */
  Pending,
  /** Its Model is not there or not ready. */
  WaitingForModel,
  /** Another job of its Model is at work. */
  WaitingForTurn,
  /** Its queue has not admitted it, or has evicted it. */
  WaitingForQuota,
  /** Its pods start. */
  Starting,
  /** Its pods compute. */
  Running,
  /** Its pods cannot start; a person has to look. */
  Stuck,
  /** It rests because somebody said so. */
  Suspended,
  /** It is done. */
  Complete,
  /** It has ended without a version to serve. */
  Failed;

  /**
   * A state, its beginning and its reason.
   *
   * @param since when it began, as far as conditions tell; the creation of the job otherwise
   * @param reason that of the condition that tells it; null where none does, and where it is the
   *     very word of the state
   */
  public record Stay(JobState state, Instant since, String reason) {
    private static Stay of(JobState state, Condition condition) {
      String reason = condition.reason();
      return new Stay(
          state,
          Times.parse(condition.lastTransitionTime()),
          state.name().equals(reason) ? null : reason);
    }
  }

  /** Whether it is the last. */
  public boolean ended() {
    return this == Complete || this == Failed;
  }

  /** Where a job is. */
  public static Stay of(EditJob job) {
    for (ConditionType type : new ConditionType[] {ConditionType.Failed, ConditionType.Complete}) {
      Optional<Condition> ended = condition(job, type).filter(JobState::holds);
      if (ended.isPresent()) {
        return Stay.of(type == ConditionType.Failed ? Failed : Complete, ended.get());
      }
    }
    Optional<Condition> suspended = condition(job, ConditionType.Suspended).filter(JobState::holds);
    if (suspended.isPresent()) {
      return Stay.of(Suspended, suspended.get());
    }
    return condition(job, ConditionType.WorkersReady)
        .map(ready -> Stay.of(waiting(ready), ready))
        .orElseGet(
            () -> new Stay(Pending, Times.parse(job.getMetadata().getCreationTimestamp()), null));
  }

  private static JobState waiting(Condition ready) {
    for (Reason reason : Reason.values()) {
      if (reason.name().equals(ready.reason())) {
        return switch (reason) {
          case WaitingForModel -> WaitingForModel;
          case WaitingForTurn -> WaitingForTurn;
          case WaitingForQuota, Evicted -> WaitingForQuota;
          case Starting -> Starting;
          case Running -> Running;
          case Unschedulable, ImageUnavailable, ContainerFailed, Refused -> Stuck;
          default -> Pending;
        };
      }
    }
    return Pending;
  }

  private static boolean holds(Condition condition) {
    return condition.status() == Condition.Status.True;
  }

  /** What is said of a job about something. */
  public static Optional<Condition> condition(EditJob job, ConditionType type) {
    EditJobStatus status = job.getStatus();
    return status == null || status.conditions() == null
        ? Optional.empty()
        : status.conditions().stream().filter(c -> c.type().equals(type.name())).findFirst();
  }
}
