package dev.errata.operator.meters;

import dev.errata.api.EditJob;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.Reason;
import dev.errata.operator.decide.Times;
import java.time.Instant;
import java.util.Optional;

/** Where an EditJob is, in one word, read off its conditions. */
enum JobState {
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
   * A state and its beginning.
   *
   * @param since when it began, as far as conditions tell; the creation of the job otherwise
   */
  record Stay(JobState state, Instant since) {}

  /** Whether it is the last. */
  boolean ended() {
    return this == Complete || this == Failed;
  }

  /** Where a job is. */
  static Stay of(EditJob job) {
    Instant created = Times.parse(job.getMetadata().getCreationTimestamp());
    for (ConditionType type : new ConditionType[] {ConditionType.Failed, ConditionType.Complete}) {
      Optional<Condition> ended = condition(job, type).filter(JobState::holds);
      if (ended.isPresent()) {
        JobState state = type == ConditionType.Failed ? Failed : Complete;
        return new Stay(state, since(ended.get()));
      }
    }
    Optional<Condition> suspended = condition(job, ConditionType.Suspended).filter(JobState::holds);
    if (suspended.isPresent()) {
      return new Stay(Suspended, since(suspended.get()));
    }
    return condition(job, ConditionType.WorkersReady)
        .map(ready -> new Stay(waiting(ready), since(ready)))
        .orElse(new Stay(Pending, created));
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

  private static Instant since(Condition condition) {
    return Times.parse(condition.lastTransitionTime());
  }

  /** What is said of a job about something. */
  static Optional<Condition> condition(EditJob job, ConditionType type) {
    EditJobStatus status = job.getStatus();
    return status == null || status.conditions() == null
        ? Optional.empty()
        : status.conditions().stream().filter(c -> c.type().equals(type.name())).findFirst();
  }
}
