package dev.errata.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.Reason;
import dev.errata.operator.Fixtures;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobStateTest {
  private static final String THEN = "2026-11-22T02:00:00Z";

  private static EditJob job(Condition... conditions) {
    EditJob job = Fixtures.editJob();
    job.getMetadata().setCreationTimestamp("2026-11-22T01:00:00Z");
    job.setStatus(
        new EditJobStatus(
            1L,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            List.of(conditions)));
    return job;
  }

  private static Condition says(ConditionType type, boolean holds, Reason reason) {
    return new Condition(
        type.name(),
        holds ? Condition.Status.True : Condition.Status.False,
        1L,
        THEN,
        reason.name(),
        "So it is.");
  }

  @ParameterizedTest
  @CsvSource({
    "WaitingForModel, WaitingForModel,",
    "WaitingForTurn, WaitingForTurn,",
    "WaitingForQuota, WaitingForQuota,",
    "Evicted, WaitingForQuota, Evicted",
    "Starting, Starting,",
    "Running, Running,",
    "Unschedulable, Stuck, Unschedulable",
    "ImageUnavailable, Stuck, ImageUnavailable",
    "ContainerFailed, Stuck, ContainerFailed",
    "Refused, Stuck, Refused",
    "InProgress, Pending, InProgress"
  })
  void itsWorkersTell(Reason of, JobState state, String reason) {
    EditJob job = job(says(ConditionType.WorkersReady, of == Reason.Running, of));
    assertThat(JobState.of(job)).isEqualTo(new JobState.Stay(state, Instant.parse(THEN), reason));
    assertThat(state.ended()).isFalse();
  }

  @Test
  void restingIsSaidBeforeWhatWorkersWaitFor() {
    EditJob job =
        job(
            says(ConditionType.WorkersReady, false, Reason.WaitingForTurn),
            says(ConditionType.Suspended, true, Reason.SuspendedByUser));
    assertThat(JobState.of(job))
        .isEqualTo(new JobState.Stay(JobState.Suspended, Instant.parse(THEN), "SuspendedByUser"));
  }

  @Test
  void theEndIsSaidBeforeEverythingElse() {
    Condition suspended = says(ConditionType.Suspended, true, Reason.SuspendedByUser);
    Condition failed = says(ConditionType.Failed, true, Reason.DeadlineExceeded);
    assertThat(JobState.of(job(suspended, failed)))
        .isEqualTo(new JobState.Stay(JobState.Failed, Instant.parse(THEN), "DeadlineExceeded"));
    Condition notFailed = says(ConditionType.Failed, false, Reason.Published);
    Condition complete = says(ConditionType.Complete, true, Reason.Published);
    assertThat(JobState.of(job(notFailed, complete)))
        .isEqualTo(new JobState.Stay(JobState.Complete, Instant.parse(THEN), "Published"));
    assertThat(JobState.Complete.ended()).isTrue();
    assertThat(JobState.Failed.ended()).isTrue();
  }

  @Test
  void aJobOfWhichNothingIsSaidIsPendingSinceItIsThere() {
    EditJob job = job();
    JobState.Stay pending =
        new JobState.Stay(JobState.Pending, Instant.parse("2026-11-22T01:00:00Z"), null);
    assertThat(JobState.of(job)).isEqualTo(pending);
    job.setStatus(null);
    assertThat(JobState.of(job)).isEqualTo(pending);
  }
}
