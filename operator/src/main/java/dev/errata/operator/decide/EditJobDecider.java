package dev.errata.operator.decide;

import dev.errata.api.EditJob;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.EditJobSpec;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Decides what is to be done about an EditJob: a pure function of what was observed. */
public final class EditJobDecider {
  private EditJobDecider() {}

  /**
   * Decides.
   *
   * @param job the job with its status so far
   * @param seen what surrounds it
   * @param now the time
   */
  public static Decision decide(EditJob job, Observation seen, Instant now) {
    EditJobStatus status = job.getStatus();
    if (finished(status)) {
      return afterEnd(job, seen, now);
    }
    Draft draft = new Draft(status, job.getMetadata().getGeneration(), now);
    if (Boolean.TRUE.equals(job.getSpec().suspend())) {
      rest(seen, draft);
    } else {
      draft.conditions.set(
          ConditionType.Suspended, false, Reason.NotSuspended, Reason.NotSuspended.meaning());
      goOn(job, seen, draft);
    }
    if (!draft.conditions.has(ConditionType.VersionPublished)) {
      draft.conditions.set(
          ConditionType.VersionPublished, false, Reason.InProgress, Reason.InProgress.meaning());
    }
    return draft.decision();
  }

  /** Whether a job has ended, well or not. */
  public static boolean finished(EditJobStatus status) {
    return status != null
        && status.conditions() != null
        && status.conditions().stream()
            .anyMatch(
                condition ->
                    condition.status() == Condition.Status.True
                        && (condition.type().equals(ConditionType.Complete.name())
                            || condition.type().equals(ConditionType.Failed.name())));
  }

  private static Decision afterEnd(EditJob job, Observation seen, Instant now) {
    EditJobStatus status = job.getStatus();
    Integer ttl = job.getSpec().ttlSecondsAfterFinished();
    Draft draft = new Draft(status, job.getMetadata().getGeneration(), now);
    if (ttl != null && status.completionTime() != null) {
      Instant due = Times.parse(status.completionTime()).plusSeconds(ttl);
      if (!now.isBefore(due)) {
        return Decision.delete(status);
      }
      draft.again(Duration.between(now, due));
    }
    Ending.removeActive(seen, draft);
    Decision left = draft.decision();
    return new Decision(
        status,
        null,
        left.suspend(),
        left.resume(),
        left.remove(),
        null,
        left.notes(),
        left.again(),
        false);
  }

  /** What suspended jobs do: pods go, what they have finished stays in the workspace. */
  private static void rest(Observation seen, Draft draft) {
    if (!draft.conditions.holds(ConditionType.Suspended)) {
      draft.activeSeconds = activeSeconds(draft);
      if (draft.startTime != null) {
        draft.notes.add(
            new Note(
                false,
                Reason.SuspendedByUser,
                Times.format(draft.now),
                "Suspended; set spec.suspend to false to go on where it was."));
      }
    }
    draft.conditions.set(
        ConditionType.Suspended, true, Reason.SuspendedByUser, Reason.SuspendedByUser.meaning());
    draft.conditions.set(
        ConditionType.WorkersReady,
        false,
        Reason.SuspendedByUser,
        Reason.SuspendedByUser.meaning());
    for (ChildView child : seen.children()) {
      if (child.state() != ChildView.State.Active) {
        continue;
      }
      // Kueue owns the suspend of what it queues; a Job that is gone gives its quota back too.
      if (seen.queue() != null) {
        draft.remove.add(child.name());
      } else if (!child.suspended()) {
        draft.suspend.add(child.name());
      }
    }
  }

  private static void goOn(EditJob job, Observation seen, Draft draft) {
    EditJobSpec spec = job.getSpec();
    ModelView model = seen.model();
    if (model == null && draft.startTime != null) {
      Ending.fail(
          seen,
          draft,
          Reason.ModelDeleted,
          "Model \"" + spec.model() + "\" was deleted while the job ran; nothing was published.");
    } else if (model == null || !model.ready()) {
      String message = waiting(spec, model);
      await(draft, Reason.WaitingForModel, message, message);
    } else {
      String base = model.resolve(spec.from());
      if (draft.from == null) {
        draft.from = base;
      }
      if (seen.turn() != null) {
        // Who is at work is told once, in an Event: a condition that names it would be written anew
        // for every job that waits whenever one ends.
        await(
            draft,
            Reason.WaitingForTurn,
            Reason.WaitingForTurn.meaning(),
            "EditJob \"" + seen.turn() + "\" is at work on the same Model; it goes first.");
      } else if (!overdue(spec, seen, draft)) {
        new StageWalk(job, seen, draft, base).run();
      }
    }
  }

  /** One message for a Model that is to come and one that is being imported: one write less. */
  private static String waiting(EditJobSpec spec, ModelView model) {
    String name = "Model \"" + spec.model() + "\"";
    return model == null || model.why() == null
        ? name
            + " does not exist in this namespace or is being imported; the job goes on when it"
            + " is there."
        : name + " is not ready: " + model.why();
  }

  private static void await(Draft draft, Reason reason, String message, String told) {
    if (!draft.conditions.says(ConditionType.WorkersReady, reason)) {
      draft.notes.add(new Note(false, reason, "", told));
    }
    draft.conditions.set(ConditionType.WorkersReady, false, reason, message);
  }

  private static boolean overdue(EditJobSpec spec, Observation seen, Draft draft) {
    if (spec.activeDeadlineSeconds() == null || draft.startTime == null) {
      return false;
    }
    long left = spec.activeDeadlineSeconds() - activeSeconds(draft);
    if (left > 0) {
      draft.again(Duration.ofSeconds(left));
      return false;
    }
    Ending.fail(
        seen,
        draft,
        Reason.DeadlineExceeded,
        "The job was active for longer than spec.activeDeadlineSeconds ("
            + spec.activeDeadlineSeconds()
            + " s); raise it and apply the job under a new name: what is computed is kept.");
    return true;
  }

  /** Seconds of work so far; the present stretch began with the start or the last resumption. */
  private static long activeSeconds(Draft draft) {
    if (draft.startTime == null) {
      return 0;
    }
    long sinceStart =
        Math.max(0, ChronoUnit.SECONDS.between(Times.parse(draft.startTime), draft.now));
    long sinceResumption = draft.conditions.age(ConditionType.Suspended);
    return draft.activeSeconds + Math.min(sinceStart, sinceResumption);
  }
}
