package dev.errata.operator.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.api.event.FailureEvent;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.Reason;
import dev.errata.operator.Fixtures;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobFailuresTest {
  private final EditJob job = Fixtures.editJob();

  private static EditJobStatus says(ConditionType type, boolean holds, Reason reason) {
    Condition condition =
        new Condition(
            type.name(),
            holds ? Condition.Status.True : Condition.Status.False,
            1L,
            "2026-11-22T02:00:00Z",
            reason.name(),
            "facts.jsonl: line 3");
    return new EditJobStatus(
        1L, null, null, null, null, null, null, null, null, null, null, null, List.of(condition));
  }

  private static FailureEvent told(String reason, String message) {
    return new FailureEvent("lab", "two-facts", "uid-two-facts", "world", reason, message);
  }

  @Test
  void whatFailsIsToldWhenItsStatusMovesOn() {
    EditJobStatus failed = says(ConditionType.Failed, true, Reason.BadInput);
    assertThat(JobFailures.of(job, failed)).contains(told("BadInput", "facts.jsonl: line 3"));
    job.setStatus(says(ConditionType.WorkersReady, true, Reason.Running));
    assertThat(JobFailures.of(job, failed)).isPresent();
    job.setStatus(failed);
    assertThat(JobFailures.of(job, failed)).isEmpty();
  }

  @Test
  void whatGoesOnOrHasAVersionIsNot() {
    assertThat(JobFailures.of(job, null)).isEmpty();
    assertThat(JobFailures.of(job, says(ConditionType.WorkersReady, false, Reason.Starting)))
        .isEmpty();
    assertThat(JobFailures.of(job, says(ConditionType.Complete, true, Reason.Published))).isEmpty();
    assertThat(JobFailures.of(job, says(ConditionType.Failed, true, Reason.GateMissed))).isEmpty();
  }

  @Test
  void whatIsDeletedBeforeItsEndIsTold() {
    assertThat(JobFailures.deleted(job))
        .contains(told("Deleted", "EditJob \"two-facts\" was deleted before its end."));
    job.setStatus(says(ConditionType.Complete, true, Reason.Published));
    assertThat(JobFailures.deleted(job)).isEmpty();
  }
}
