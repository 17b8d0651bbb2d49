package dev.errata.operator.progress;

import dev.errata.api.EditJob;
import dev.errata.api.event.FailureEvent;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.Reason;
import dev.errata.operator.decide.EditJobDecider;
import java.util.Optional;

/** Which failures are told to those who watch over Kafka alone. */
public final class JobFailures {
  private JobFailures() {}

  /**
   * The failure of a job whose status moves on; empty when it does not fail by that, and when it
   * missed a gate: the worker that stored the version tells that.
   *
   * @param job with its status so far
   * @param after its next status; may be null
   */
  public static Optional<FailureEvent> of(EditJob job, EditJobStatus after) {
    if (after == null || after.conditions() == null || EditJobDecider.finished(job.getStatus())) {
      return Optional.empty();
    }
    return after.conditions().stream()
        .filter(c -> c.type().equals(ConditionType.Failed.name()))
        .filter(c -> c.status() == Condition.Status.True)
        .filter(c -> !c.reason().equals(Reason.GateMissed.name()))
        .findFirst()
        .map(c -> event(job, c.reason(), c.message()));
  }

  /** What is told of a job that is deleted; empty when it had ended. */
  public static Optional<FailureEvent> deleted(EditJob job) {
    return EditJobDecider.finished(job.getStatus())
        ? Optional.empty()
        : Optional.of(
            event(
                job,
                FailureEvent.DELETED,
                "EditJob \"" + job.getMetadata().getName() + "\" was deleted before its end."));
  }

  private static FailureEvent event(EditJob job, String reason, String message) {
    return new FailureEvent(
        job.getMetadata().getNamespace(),
        job.getMetadata().getName(),
        job.getMetadata().getUid(),
        job.getSpec().model(),
        reason,
        message);
  }
}
