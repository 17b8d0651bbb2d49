package dev.errata.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.api.WorkerReport;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.Reason;
import dev.errata.api.resource.Stage;
import dev.errata.operator.Fixtures;
import dev.errata.operator.decide.ChildView.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EditJobDeciderTest {
  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
  private static final ModelView READY = new ModelView("world", true, null, "v1", "v1", false);
  private static final ModelView MOVED = new ModelView("world", true, null, "v2", "v2", false);
  private static final ModelView RAW =
      new ModelView("world", false, "it is being imported.", null, null, false);

  /** A job in the middle of its work: begun a minute ago, at the given stage, from v1. */
  private static EditJob at(Stage stage, String... spec) {
    EditJob job = Fixtures.editJob(spec);
    job.setStatus(
        new EditJobStatus(
            1L,
            stage,
            null,
            "v1",
            null,
            null,
            new FactCounts(7, null, null, null),
            "2026-11-21T11:59:00Z",
            null,
            null,
            null,
            null,
            new Conditions(null, 1L, NOW.minusSeconds(60))
                .set(ConditionType.Suspended, false, Reason.NotSuspended, "")
                .set(ConditionType.WorkersReady, true, Reason.Running, Reason.Running.meaning())
                .set(ConditionType.VersionPublished, false, Reason.InProgress, "")
                .list()));
    return job;
  }

  private static ChildView child(Stage stage, State state, PodView... pods) {
    Instant ended = state == State.Active ? null : NOW.minusSeconds(60);
    return new ChildView(
        "c-" + stage,
        stage,
        0,
        Fingerprint.of(Fixtures.editJob().getSpec()),
        state,
        false,
        4,
        state == State.Complete ? 4 : 1,
        0,
        ended,
        state == State.Failed ? "Job c failed" : null,
        List.of(pods));
  }

  private static ChildView retried(PodView... pods) {
    return new ChildView(
        "c-Values", Stage.Values, 0, null, State.Active, false, 4, 1, 1, null, null, List.of(pods));
  }

  private static ChildView suspended(Stage stage) {
    return new ChildView(
        "c-" + stage, stage, 0, null, State.Active, true, 4, 1, 0, null, null, List.of());
  }

  private static PodView pod(String unschedulable, String waiting, Integer code, String message) {
    return new PodView(
        "p-0",
        NOW,
        unschedulable == null && waiting == null && code == null,
        "Pending",
        unschedulable,
        waiting,
        waiting == null ? null : "words",
        code,
        message);
  }

  private static PodView told(WorkerReport report) {
    return pod(null, null, 0, report.json());
  }

  private static WorkerReport report(Stage stage, String state, String version, String current) {
    return new WorkerReport(
        stage,
        state,
        "Rejected".equals(state) ? "efficacy 0.4 < 0.9" : null,
        version,
        "v1",
        current,
        current,
        "sha256:abc",
        10L,
        "MEMIT",
        new FactCounts(7, 6, 1, 0),
        Map.of("efficacy", 0.1),
        Map.of("efficacy", 0.9),
        null,
        null);
  }

  /**
   * A case.
   *
   * @param expected what is to come of it, in the words of {@link #summary}
   */
  private static Arguments of(String name, EditJob job, Observation seen, String... expected) {
    return Arguments.of(name, job, seen, List.of(expected));
  }

  private static Observation seen(ModelView model, ChildView... children) {
    return new Observation(model, null, null, List.of(children));
  }

  private static Observation queued(ChildView... children) {
    return new Observation(READY, null, "gpu", List.of(children));
  }

  static Stream<Arguments> cases() {
    EditJob fresh = Fixtures.editJob();
    ChildView statistics =
        child(Stage.Statistics, State.Complete, told(WorkerReport.done(Stage.Statistics)));
    ChildView values = child(Stage.Values, State.Complete);
    return Stream.of(
        of(
            "no Model yet",
            fresh,
            seen(null),
            "WorkersReady=False/WaitingForModel",
            "note WaitingForModel"),
        of(
            "Model is imported",
            fresh,
            seen(RAW),
            "WorkersReady=False/WaitingForModel",
            "note WaitingForModel"),
        of(
            "another has the turn",
            fresh,
            new Observation(READY, "first", null, List.of()),
            "WorkersReady=False/WaitingForTurn",
            "from v1",
            "note WaitingForTurn"),
        of(
            "first stage",
            fresh,
            seen(READY),
            "start Statistics x1 from v1",
            "WorkersReady=False/Starting",
            "stage Statistics",
            "from v1",
            "note StageStarted"),
        of(
            "named version",
            Fixtures.editJob("from: v0"),
            seen(READY),
            "start Statistics x1 from v0",
            "WorkersReady=False/Starting",
            "stage Statistics",
            "from v0",
            "note StageStarted"),
        of(
            "values are sharded, not more than there are facts",
            at(Stage.Statistics, "workers:", "  count: 16"),
            seen(READY, statistics),
            "start Values x7 from v1",
            "WorkersReady=True/Running",
            "stage Values",
            "from v1",
            "note StageStarted"),
        of(
            "so is the evaluation",
            at(Stage.Update, "workers:", "  count: 2"),
            seen(READY, child(Stage.Update, State.Complete)),
            "start Evaluate x2 from v1",
            "WorkersReady=True/Running",
            "stage Evaluate",
            "from v1",
            "note StageStarted"),
        of(
            "pods run",
            at(Stage.Values),
            seen(READY, child(Stage.Values, State.Active, pod(null, null, null, null))),
            "WorkersReady=True/Running",
            "stage Values",
            "progress 25%",
            "from v1"),
        of(
            "no node",
            at(Stage.Values),
            seen(READY, child(Stage.Values, State.Active, pod("0/1 nodes", null, null, null))),
            "WorkersReady=False/Unschedulable",
            "stage Values",
            "progress 25%",
            "from v1",
            "note Unschedulable"),
        of(
            "no image",
            at(Stage.Values),
            seen(READY, child(Stage.Values, State.Active, pod(null, "ErrImagePull", null, null))),
            "WorkersReady=False/ImageUnavailable",
            "stage Values",
            "progress 25%",
            "from v1",
            "note ImageUnavailable"),
        of(
            "the manifest says other pods now",
            at(Stage.Values, "workers: {image: mended}"),
            seen(READY, child(Stage.Values, State.Active, pod(null, "ErrImagePull", null, null))),
            "remove c-Values",
            "WorkersReady=False/Starting",
            "stage Values",
            "from v1",
            "again"),
        of(
            "a shard is tried again",
            at(Stage.Values),
            seen(
                READY, retried(pod(null, null, 1, "java.io.IOException: No space left on device"))),
            "WorkersReady=True/Running",
            "stage Values",
            "progress 25%",
            "from v1",
            "note ShardRetried"),
        of(
            "goes on behind what is done",
            at(Stage.Values),
            seen(READY, statistics, values),
            "start Update x1 from v1",
            "WorkersReady=True/Running",
            "stage Update",
            "from v1",
            "note StageStarted"),
        of(
            "earlier children may be gone",
            at(Stage.Update),
            seen(READY, child(Stage.Update, State.Complete)),
            "start Evaluate x1 from v1",
            "WorkersReady=True/Running",
            "stage Evaluate",
            "from v1",
            "note StageStarted"),
        of(
            "nothing to edit",
            at(Stage.Statistics),
            seen(
                READY,
                child(
                    Stage.Statistics,
                    State.Complete,
                    told(report(Stage.Statistics, "Unchanged", null, "v1")))),
            "Complete=True/Unchanged",
            "VersionPublished=False/Unchanged",
            "WorkersReady=False/Finished",
            "stage Statistics",
            "from v1",
            "ended",
            "note Unchanged"),
        of(
            "published",
            at(Stage.Publish),
            seen(
                READY,
                child(
                    Stage.Publish,
                    State.Complete,
                    told(report(Stage.Publish, "Published", "v2", "v2")))),
            "Complete=True/Published",
            "VersionPublished=True/Published",
            "WorkersReady=False/Finished",
            "publish v2",
            "version v2",
            "stage Publish",
            "from v1",
            "ended",
            "note Published"),
        of(
            "rejected",
            at(Stage.Publish),
            seen(
                READY,
                child(
                    Stage.Publish,
                    State.Complete,
                    told(report(Stage.Publish, "Rejected", "v2", "v1")))),
            "Failed=True/GateMissed",
            "VersionPublished=False/GateMissed",
            "WorkersReady=False/Finished",
            "publish v2",
            "version v2",
            "stage Publish",
            "from v1",
            "ended",
            "note GateMissed"),
        of(
            "what Publish told is lost: it tells again",
            at(Stage.Publish),
            seen(READY, child(Stage.Publish, State.Complete)),
            "remove c-Publish",
            "WorkersReady=True/Running",
            "stage Publish",
            "from v1",
            "again"),
        of(
            "bad input",
            at(Stage.Statistics),
            seen(
                READY,
                child(
                    Stage.Statistics,
                    State.Failed,
                    pod(null, null, 2, "facts.jsonl:3: no target"))),
            "Failed=True/BadInput",
            "VersionPublished=False/BadInput",
            "WorkersReady=False/Finished",
            "stage Statistics",
            "from v1",
            "ended",
            "note BadInput"),
        of(
            "failed too often",
            at(Stage.Values),
            seen(READY, child(Stage.Values, State.Failed, pod(null, null, 137, ""))),
            "Failed=True/BackoffLimitExceeded",
            "VersionPublished=False/BackoffLimitExceeded",
            "WorkersReady=False/Finished",
            "stage Values",
            "from v1",
            "ended",
            "note BackoffLimitExceeded"),
        of(
            "base moved before the start",
            Fixtures.editJob("onConflict: Fail"),
            seen(MOVED),
            "start Statistics x1 from v2",
            "WorkersReady=False/Starting",
            "stage Statistics",
            "from v2",
            "note StageStarted"),
        of(
            "base moved: rebase",
            at(Stage.Values),
            seen(MOVED, values),
            "start Statistics x1 from v2",
            "WorkersReady=True/Running",
            "stage Statistics",
            "from v2",
            "note Rebased",
            "note StageStarted",
            "rebases 1"),
        of(
            "base moved: fail",
            at(Stage.Values, "onConflict: Fail"),
            seen(MOVED, values),
            "Failed=True/Conflict",
            "VersionPublished=False/Conflict",
            "WorkersReady=False/Finished",
            "stage Values",
            "from v1",
            "ended",
            "note Conflict"),
        of(
            "the worker saw the base move",
            at(Stage.Publish),
            seen(
                READY,
                child(
                    Stage.Publish,
                    State.Failed,
                    pod(null, null, 5, report(Stage.Publish, null, null, "v3").json()))),
            "publish null",
            "WorkersReady=True/Running",
            "stage Statistics",
            "from v3",
            "note Rebased",
            "rebases 1",
            "again"),
        of(
            "Model deleted",
            at(Stage.Values),
            seen(null, child(Stage.Values, State.Active)),
            "Failed=True/ModelDeleted",
            "VersionPublished=False/ModelDeleted",
            "WorkersReady=False/Finished",
            "remove c-Values",
            "stage Values",
            "from v1",
            "ended",
            "note ModelDeleted"),
        of(
            "deadline",
            at(Stage.Values, "activeDeadlineSeconds: 30"),
            seen(READY, child(Stage.Values, State.Active)),
            "Failed=True/DeadlineExceeded",
            "VersionPublished=False/DeadlineExceeded",
            "WorkersReady=False/Finished",
            "remove c-Values",
            "stage Values",
            "from v1",
            "ended",
            "note DeadlineExceeded"),
        of(
            "suspend",
            at(Stage.Values, "suspend: true"),
            seen(READY, child(Stage.Values, State.Active)),
            "suspend c-Values",
            "Suspended=True/SuspendedByUser",
            "WorkersReady=False/SuspendedByUser",
            "stage Values",
            "from v1",
            "active 60",
            "note SuspendedByUser"),
        of(
            "suspend what Kueue runs",
            at(Stage.Values, "suspend: true"),
            queued(child(Stage.Values, State.Active)),
            "remove c-Values",
            "Suspended=True/SuspendedByUser",
            "WorkersReady=False/SuspendedByUser",
            "stage Values",
            "from v1",
            "active 60",
            "note SuspendedByUser"),
        of(
            "resume",
            at(Stage.Values),
            seen(READY, suspended(Stage.Values)),
            "resume c-Values",
            "WorkersReady=True/Running",
            "stage Values",
            "progress 25%",
            "from v1"),
        of(
            "the next stage asks Kueue for its own quota",
            at(Stage.Statistics),
            queued(statistics),
            "start Values x1 from v1",
            "QuotaReserved=False/WaitingForQuota",
            "WorkersReady=True/Running",
            "stage Values",
            "from v1",
            "note StageStarted"),
        of(
            "Kueue has not admitted it",
            Fixtures.editJob(),
            queued(suspended(Stage.Statistics)),
            "QuotaReserved=False/WaitingForQuota",
            "WorkersReady=False/WaitingForQuota",
            "stage Statistics",
            "from v1"),
        of(
            "Kueue has admitted it",
            Fixtures.editJob(),
            queued(child(Stage.Statistics, State.Active)),
            "QuotaReserved=True/QuotaReserved",
            "WorkersReady=False/Starting",
            "stage Statistics",
            "progress 25%",
            "from v1"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void decides(String name, EditJob job, Observation seen, List<String> expected) {
    Decision decision = EditJobDecider.decide(job, seen, NOW);
    assertThat(summary(decision)).containsExactlyInAnyOrderElementsOf(expected);
    decision.status().conditions().forEach(c -> assertThat(c.observedGeneration()).isEqualTo(1L));
  }

  /** What differs between cases; that nothing is suspended or published is not told. */
  private static List<String> summary(Decision d) {
    List<String> words = new ArrayList<>();
    EditJobStatus s = d.status();
    for (Condition c : s.conditions()) {
      if (!c.reason().equals("NotSuspended") && !c.reason().equals("InProgress")) {
        words.add(c.type() + "=" + c.status() + "/" + c.reason());
      }
    }
    Optional.ofNullable(d.start())
        .ifPresent(o -> words.add("start " + o.stage() + " x" + o.shards() + " from " + o.base()));
    d.suspend().forEach(c -> words.add("suspend " + c));
    d.resume().forEach(c -> words.add("resume " + c));
    d.remove().forEach(c -> words.add("remove " + c));
    d.notes().forEach(n -> words.add("note " + n.reason()));
    Optional.ofNullable(d.publication()).ifPresent(p -> words.add("publish " + p.version()));
    Optional.ofNullable(s.stage()).ifPresent(v -> words.add("stage " + v));
    Optional.ofNullable(s.from()).ifPresent(v -> words.add("from " + v));
    Optional.ofNullable(s.version()).ifPresent(v -> words.add("version " + v));
    Optional.ofNullable(s.progress()).ifPresent(v -> words.add("progress " + v.percent()));
    Optional.ofNullable(s.completionTime()).ifPresent(v -> words.add("ended"));
    Optional.ofNullable(s.activeSeconds()).ifPresent(v -> words.add("active " + v));
    Optional.ofNullable(s.rebases()).ifPresent(v -> words.add("rebases " + v));
    Optional.ofNullable(d.again()).ifPresent(v -> words.add("again"));
    return words;
  }

  @Test
  void decidingAgainChangesNothing() {
    cases()
        .forEach(
            c -> {
              EditJob job = Fixtures.copy((EditJob) c.get()[1], EditJob.class);
              Observation seen = (Observation) c.get()[2];
              Decision first = EditJobDecider.decide(job, seen, NOW);
              EditJob later = Fixtures.copy(job, EditJob.class);
              later.setStatus(job.getStatus());
              assertThat(EditJobDecider.decide(later, seen, NOW)).isEqualTo(first);
            });
  }

  @Test
  void aFinishedJobIsDeletedWhenItsTimeIsOver() {
    EditJob job = at(Stage.Publish, "ttlSecondsAfterFinished: 100");
    ChildView publish =
        child(Stage.Publish, State.Complete, told(report(Stage.Publish, "Published", "v2", "v2")));
    job.setStatus(EditJobDecider.decide(job, seen(READY, publish), NOW).status());
    Decision waits = EditJobDecider.decide(job, seen(READY, publish), NOW.plusSeconds(40));
    assertThat(waits.delete()).isFalse();
    assertThat(waits.again()).isEqualTo(Duration.ofSeconds(60));
    assertThat(waits.status()).isEqualTo(job.getStatus());
    assertThat(EditJobDecider.decide(job, seen(READY), NOW.plusSeconds(100)).delete()).isTrue();
  }

  @Test
  void messagesTellWhatHappenedAndWhatToDo() {
    EditJob job = at(Stage.Values);
    ChildView failed =
        child(Stage.Values, State.Failed, pod(null, null, 2, "errata: facts.jsonl:3: no target"));
    Decision decision = EditJobDecider.decide(job, seen(READY, failed), NOW);
    assertThat(decision.status().conditions())
        .filteredOn(c -> c.type().equals("Failed"))
        .singleElement()
        .satisfies(
            c ->
                assertThat(c.message())
                    .contains("mend it", "p-0 ended with code 2", "facts.jsonl:3: no target"));
  }
}
