package dev.errata.operator.decide;

import dev.errata.api.EditJob;
import dev.errata.api.WorkerReport;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.EditJobSpec;
import dev.errata.api.resource.OnConflict;
import dev.errata.api.resource.Reason;
import dev.errata.api.resource.Stage;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Goes through the stages of a job whose turn it is, up to the first that is not done. */
final class StageWalk {
  /** The stages of an EditJob in their order. */
  static final List<Stage> STAGES =
      List.of(Stage.Statistics, Stage.Values, Stage.Update, Stage.Evaluate, Stage.Publish);

  private static final int MOST_REBASES = 5;
  private static final int MOST_FAILURES_TOLD = 3;

  /** A Job's end may be seen before that of its pods, which are watched apart. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** How often the line to the workers is looked at while they compute. */
  private static final Duration LINE = Duration.ofSeconds(15);

  private static final Duration SETTLED = Duration.ofSeconds(3);
  private static final Duration SOON = Duration.ofSeconds(1);

  private final String name;
  private final EditJobSpec spec;
  private final Observation seen;
  private final Draft draft;
  private final String base;

  StageWalk(EditJob job, Observation seen, Draft draft, String base) {
    this.name = job.getMetadata().getName();
    this.spec = job.getSpec();
    this.seen = seen;
    this.draft = draft;
    this.base = base;
  }

  void run() {
    int first = draft.stage == null ? 0 : Math.max(0, STAGES.indexOf(draft.stage));
    for (Stage stage : STAGES.subList(first, STAGES.size())) {
      Optional<ChildView> child = child(stage);
      if (child.isEmpty()) {
        start(stage);
        return;
      }
      boolean done =
          switch (child.get().state()) {
            case Active -> {
              draft.stage = stage;
              active(child.get());
              yield false;
            }
            case Failed -> {
              draft.stage = stage;
              failed(child.get());
              yield false;
            }
            case Complete -> complete(child.get());
          };
      if (!done) {
        return;
      }
    }
  }

  private Optional<ChildView> child(Stage stage) {
    return seen.children().stream()
        .filter(child -> child.stage() == stage && child.attempt() == draft.rebases)
        .findFirst();
  }

  private void start(Stage wanted) {
    Stage stage = wanted;
    if (!draft.from.equals(base)) {
      if (!rebase(base)) {
        return;
      }
      stage = STAGES.get(0);
    }
    draft.stage = stage;
    draft.progress = null;
    int shards = shards(stage);
    draft.start = new StageOrder(stage, draft.rebases, shards, draft.from, seen.model().pinned());
    if (seen.queue() == null && draft.startTime == null) {
      draft.startTime = Times.format(draft.now);
    }
    if (!draft.conditions.holds(ConditionType.WorkersReady)) {
      starting();
    }
    if (seen.queue() != null) {
      // The quota was that of the stage before; to wait for one's own is no eviction.
      draft.conditions.set(
          ConditionType.QuotaReserved,
          false,
          Reason.WaitingForQuota,
          Reason.WaitingForQuota.meaning());
    }
    draft.notes.add(
        new Note(
            false,
            Reason.StageStarted,
            stage + "-" + draft.rebases,
            String.format(
                Locale.ROOT,
                "%s of %s@%s on %d %s.",
                stage,
                seen.model().name(),
                draft.from,
                shards,
                shards == 1 ? "pod" : "pods")));
  }

  private int shards(Stage stage) {
    boolean shared = stage == Stage.Values || stage == Stage.Evaluate;
    if (!shared || spec.workers() == null || spec.workers().count() == null) {
      return 1;
    }
    int wanted = spec.workers().count();
    boolean known = draft.facts != null && draft.facts.total() != null;
    return known ? Math.max(1, Math.min(wanted, draft.facts.total())) : wanted;
  }

  private void starting() {
    draft.conditions.set(
        ConditionType.WorkersReady, false, Reason.Starting, Reason.Starting.meaning());
  }

  /** Turns to another version, or ends the job when it must not; false when it ended. */
  private boolean rebase(String onto) {
    String moved = spec.from() + " is " + onto + " now and no longer " + draft.from;
    if (spec.onConflict() == OnConflict.Fail) {
      Ending.fail(
          seen,
          draft,
          Reason.Conflict,
          moved + "; apply the job under a new name, or set spec.onConflict: Rebase.");
      return false;
    }
    if (draft.startTime != null) {
      if (draft.rebases == MOST_REBASES) {
        Ending.fail(
            seen,
            draft,
            Reason.Conflict,
            moved + ", after " + MOST_REBASES + " restarts; apply the job under a new name.");
        return false;
      }
      draft.rebases++;
      draft.notes.add(
          new Note(
              false, Reason.Rebased, String.valueOf(draft.rebases), moved + "; starting again."));
    }
    draft.from = onto;
    return true;
  }

  private void active(ChildView child) {
    if (child.madeFor() != null && !child.madeFor().equals(Fingerprint.of(spec))) {
      // The template of a Job cannot change. Another one goes on where this one is.
      draft.remove.add(child.name());
      starting();
      draft.again(SOON);
      return;
    }
    if (seen.queue() != null) {
      if (child.suspended()) {
        queued();
        return;
      }
      draft.conditions.set(
          ConditionType.QuotaReserved, true, Reason.QuotaReserved, Reason.QuotaReserved.meaning());
    } else if (child.suspended()) {
      draft.resume.add(child.name());
    }
    if (draft.startTime == null) {
      draft.startTime = Times.format(draft.now);
      if (spec.activeDeadlineSeconds() != null) {
        draft.again(Duration.ofSeconds(spec.activeDeadlineSeconds()));
      }
    }
    HowFar far = HowFar.of(seen, child, draft.rebases, draft.progress, draft.now);
    draft.progress = far.progress();
    if (seen.line() != null) {
      draft.again(LINE);
    }
    tellFailures(child);
    Optional<PodTrouble> trouble = PodTrouble.of(child.pods());
    if (trouble.isPresent()) {
      if (!draft.conditions.says(ConditionType.WorkersReady, trouble.get().reason())) {
        draft.notes.add(
            new Note(true, trouble.get().reason(), child.stage().name(), trouble.get().message()));
        draft.conditions.set(
            ConditionType.WorkersReady, false, trouble.get().reason(), trouble.get().message());
      }
    } else if (child.pods().stream().anyMatch(PodView::ready)) {
      running(far.unknown());
    } else if (!draft.conditions.holds(ConditionType.WorkersReady)) {
      starting();
    }
  }

  private void running(String unknown) {
    // That short stages run is told by the next stage; who waits longer hears of it.
    long age = draft.conditions.age(ConditionType.WorkersReady);
    if (draft.conditions.says(ConditionType.WorkersReady, Reason.Starting)
        && age < SETTLED.toSeconds()) {
      draft.again(SETTLED.minusSeconds(age));
    } else {
      draft.conditions.set(
          ConditionType.WorkersReady, true, Reason.Running, Reason.Running.meaning() + unknown);
    }
  }

  private void queued() {
    boolean had = draft.conditions.holds(ConditionType.QuotaReserved);
    boolean evicted = had || draft.conditions.says(ConditionType.QuotaReserved, Reason.Evicted);
    Reason reason = evicted && draft.startTime != null ? Reason.Evicted : Reason.WaitingForQuota;
    draft.conditions.set(ConditionType.QuotaReserved, false, reason, reason.meaning());
    draft.conditions.set(ConditionType.WorkersReady, false, reason, reason.meaning());
    if (had && reason == Reason.Evicted) {
      draft.notes.add(new Note(false, reason, Times.format(draft.now), reason.meaning()));
    }
  }

  private void tellFailures(ChildView child) {
    int failures =
        seen.children().stream()
            .filter(other -> other.attempt() == draft.rebases)
            .mapToInt(ChildView::failures)
            .sum();
    if (failures > draft.failures && failures <= MOST_FAILURES_TOLD) {
      child
          .failedPod()
          .ifPresent(
              pod ->
                  draft.notes.add(
                      new Note(
                          true,
                          Reason.ShardRetried,
                          pod.name(),
                          Reason.ShardRetried.meaning() + " " + PodTrouble.ended(pod))));
    }
    draft.failures = Math.max(draft.failures, failures);
  }

  private void failed(ChildView child) {
    Optional<PodView> pod = child.failedPod();
    if (pod.isEmpty() && recent(child)) {
      draft.again(SOON);
      return;
    }
    tellFailures(child);
    int code = pod.map(PodView::exitCode).orElse(0);
    if (code == WorkerExit.MOVED) {
      moved(child, pod.get());
      return;
    }
    String told = pod.map(PodTrouble::ended).orElse(child.failure());
    if (code == WorkerExit.INPUT) {
      Ending.fail(
          seen,
          draft,
          Reason.BadInput,
          child.stage()
              + " refused its input; mend it and apply the job under a new name. "
              + told);
    } else {
      Ending.fail(
          seen,
          draft,
          Reason.BackoffLimitExceeded,
          child.stage()
              + " failed more often than spec.backoffLimit ("
              + spec.backoffLimit()
              + ") allows. "
              + told);
    }
  }

  /** The worker found that the pointer on storage is not where the operator took it to be. */
  private void moved(ChildView child, PodView pod) {
    Optional<WorkerReport> report = WorkerReport.parse(pod.message());
    String onto = report.map(WorkerReport::current).orElse(base);
    draft.publication = report.orElse(null);
    if (onto.equals(draft.from)) {
      // It has moved there and back: the same stage may find it right.
      draft.remove.add(child.name());
      draft.again(SOON);
    } else if (rebase(onto)) {
      draft.stage = STAGES.get(0);
      draft.again(SOON);
    }
  }

  /** Whether the walk goes on behind a stage that is done. */
  private boolean complete(ChildView child) {
    draft.stage = child.stage();
    Optional<WorkerReport> report = child.report();
    boolean told =
        switch (child.stage()) {
          case Statistics -> report.isPresent();
          case Publish -> report.isPresent() && report.get().version() != null;
          default -> true;
        };
    if (!told) {
      // Its pods are gone and with them what they told: the stage finds its work done and tells it
      // again.
      if (!recent(child)) {
        draft.remove.add(child.name());
      }
      draft.again(SOON);
      return false;
    }
    report.map(WorkerReport::facts).ifPresent(facts -> draft.facts = facts);
    String state = report.map(WorkerReport::state).orElse("");
    if (state.equals("Unchanged")) {
      Ending.unchanged(seen, draft);
      return false;
    }
    if (report.isPresent() && report.get().version() != null) {
      Ending.version(seen, draft, report.get());
      return false;
    }
    return true;
  }

  private boolean recent(ChildView child) {
    return child.ended() != null
        && ChronoUnit.SECONDS.between(child.ended(), draft.now) < PATIENCE.toSeconds();
  }

  @Override
  public String toString() {
    return "walk of EditJob " + name;
  }
}
