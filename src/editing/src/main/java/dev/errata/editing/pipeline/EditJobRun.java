package dev.errata.editing.pipeline;

import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.api.resource.OnConflict;
import dev.errata.api.resource.Stage;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.store.ConflictException;
import dev.errata.editing.checkpoint.store.ModelLock;
import dev.errata.editing.checkpoint.store.Promotion;
import dev.errata.editing.checkpoint.store.StagedVersion;
import dev.errata.editing.checkpoint.store.TensorChange;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionDraft;
import dev.errata.editing.checkpoint.store.VersionManifest;
import dev.errata.editing.checkpoint.store.VersionRef;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.evaluate.Gates;
import dev.errata.editing.memory.Metric;
import dev.errata.editing.method.memit.EarlierKeys;
import dev.errata.editing.method.memit.LayerUpdate;
import dev.errata.editing.method.memit.Prefixes;
import dev.errata.editing.method.memit.SubjectGroup;
import dev.errata.editing.pipeline.Measuring.Measured;
import dev.errata.editing.statistics.Moments;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.DeviceMemory;
import dev.errata.editing.torch.NativeHeap;
import dev.errata.editing.torch.Scope;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Runs a job from its facts to the published version: {@code Statistics → Values → Update →
 * Evaluate → Publish}. Every stage leaves its result in the job's workspace, and a run that finds
 * results there goes on behind them.
 */
public final class EditJobRun {
  private static final int REBASES = 5;

  private final VersionStore store;
  private final EditRequest request;
  private final Compute compute;
  private final Progress progress;

  /** What of the job is computed; null for all of it. */
  private final StagePart part;

  private EditJobRun(
      VersionStore store, EditRequest request, Compute compute, Progress progress, StagePart part) {
    this.store = store;
    this.request = request;
    this.compute = compute;
    this.progress = progress;
    this.part = part;
  }

  /**
   * Runs a job, or finds what it has made before.
   *
   * @param progress hears of stages and notes
   * @return the result; a version that missed a gate is stored as {@code Rejected}
   * @throws dev.errata.api.InputException when facts, settings and model do not fit; nothing is
   *     written then
   * @throws ConflictException when another run works on the model, or the job's base has moved and
   *     the job says {@code Fail}, or the job was interrupted and has changed since
   * @throws DeadlineException when {@code spec.activeDeadlineSeconds} are over
   */
  public static JobReport run(
      VersionStore store, EditRequest request, Compute compute, Progress progress) {
    Long seconds = request.spec().activeDeadlineSeconds();
    Progress watched = Deadline.watch(progress, request.name(), seconds, System::nanoTime);
    return new EditJobRun(store, request, compute, watched, null).run();
  }

  /**
   * Computes a part of a job; the parts of a job give, byte for byte, what {@link #run} gives.
   * Whoever starts parts sees to it that no two jobs of a model run at once.
   *
   * @param progress hears of stages and notes
   * @return the result, when there is one: behind {@link Stage#Publish}, or earlier when there is
   *     nothing to do
   * @throws MovedException when the job's base is another version now
   * @throws dev.errata.api.InputException when facts, settings and model do not fit
   */
  public static Optional<JobReport> part(
      VersionStore store, EditRequest request, StagePart part, Compute compute, Progress progress) {
    EditJobRun run = new EditJobRun(store, request, compute, progress, part);
    VersionRef base = VersionRef.of(request.spec().model(), part.base());
    if (part.shared()) {
      return Optional.ofNullable(run.attempt(store.version(base)));
    }
    try (ModelLock lock = store.lock(request.spec().model())) {
      return Optional.ofNullable(run.attempt(store.version(base)));
    }
  }

  /** Thrown when the version to start from has moved during the run. */
  private static final class Moved extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private JobReport run() {
    String model = request.spec().model();
    try (Scope scope = new Scope()) {
      // What a person can mend is found before the first byte is written.
      try (JobBase base = open(base())) {
        base.corpus().requireText();
        base.memory(request.memory());
      }
    }
    try (ModelLock lock = store.lock(model)) {
      for (int attempt = 0; ; attempt++) {
        try {
          return attempt(base());
        } catch (Moved e) {
          if (attempt == REBASES) {
            throw new ConflictException(
                "the version to start from has moved " + attempt + " times; run the job again");
          }
          progress.note("another version is " + request.spec().from() + " now: starting again");
        }
      }
    }
  }

  /** Goes through the stages from a version; null when the part ends before there is a result. */
  private JobReport attempt(Version from) {
    MemoryPlan.Batch most = null;
    while (true) {
      try (Scope scope = new Scope();
          JobBase base = open(from)) {
        Attempt attempt = new Attempt(base, most);
        try {
          return attempt.run();
        } catch (RuntimeException e) {
          most = attempt.smaller(e);
        }
      }
      // Behind the release of all that this attempt held.
      progress.note(
          String.format(
              Locale.ROOT,
              "the device ran out of memory: going on with batches of %,d tokens for values and"
                  + " %,d for evaluation",
              most.values(),
              most.evaluation()));
    }
  }

  private JobBase open(Version version) {
    return JobBase.open(version, compute, request, store.layersCache(), progress);
  }

  /** In place of a metric in parts whose weights are edited already. */
  private static Metric unsolved(int layer, int memory) {
    throw new ConflictException(
        "the workspace lacks an update that was there when this stage began; start Update again");
  }

  private boolean endsWith(Stage stage) {
    return part != null && part.stage() == stage;
  }

  private Version base() {
    return store.version(VersionRef.of(request.spec().model(), request.spec().from()));
  }

  /** One way through the stages from one base. */
  private final class Attempt {
    private final JobBase base;
    private JobPlan plan;
    private final List<Fact> facts = request.facts().facts();
    private final StageClock clock = new StageClock(progress);

    /** The largest batches that the device has room for, or null when that is not known. */
    private final MemoryPlan.Batch most;

    private MemoryPlan.Batch batch;

    Attempt(JobBase base, MemoryPlan.Batch most) {
      this.base = base;
      this.plan = base.plan();
      this.most = most;
    }

    /** The batches to try next when the device has run out of memory; rethrows all else. */
    MemoryPlan.Batch smaller(RuntimeException error) {
      if (!DeviceMemory.isExhausted(error) || batch == null) {
        throw error;
      }
      MemoryPlan.Batch half = batch.halved(plan.fixedBatch());
      if (half.equals(batch) || (part != null && part.shared())) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "the device %s ran out of memory with batches of %,d tokens for values and %,d for"
                    + " evaluation; lower spec.method.memit.batchTokens, use a smaller --dtype or a"
                    + " device with more memory",
                compute.device(),
                batch.values(),
                batch.evaluation()),
            error);
      }
      return half;
    }

    JobReport run() {
      VersionManifest parent = base.version().manifest();
      JobInputs inputs = base.inputs(parent.digest(), request);
      String digest = inputs.digest();
      Optional<Version> made = store.findByJob(parent.model(), digest);
      Workspaces workspaces = new Workspaces(store, parent.model(), progress);
      if (made.isPresent()) {
        boolean promote = request.spec().promotion().name().equals(Promotion.Automatic.name());
        workspaces.finish(inputs, made.get(), promote);
        return reuse(made.get());
      }
      if (parent.parentDigest() != null
          && base.inputs(parent.parentDigest(), request).digest().equals(parent.jobDigest())) {
        return reuse(base.version());
      }
      request.facts().warnings().forEach(progress::note);
      if (base.found() != null) {
        progress.note(LayerDefaults.told(base.found()));
      }
      boolean rebase = request.spec().onConflict() != OnConflict.Fail;
      Workspace workspace = workspaces.open(inputs, request.restart(), rebase);
      plan = plan.in(batch(workspace));
      List<Samples.Question> questions = Samples.choose(facts);
      Measuring measuring =
          new Measuring(base, facts, plan.evaluation(), questions, workspace, clock);
      Measured before = measuring.before();
      boolean[] held = new boolean[facts.size()];
      for (int i = 0; i < held.length; i++) {
        held[i] = before.evaluation().facts().get(i).verified();
      }
      if (IntStream.range(0, held.length).allMatch(i -> held[i])) {
        workspace.delete();
        return unchanged(before, questions);
      }
      List<String> prefixes = prefixes(workspace);
      // Evaluations go through the whole model, statistics only up to the last edited layer.
      base.decoder().unload();
      boolean updated = workspace.has(EditRounds.UPDATE + 1);
      boolean solves = part == null || part.solves(updated);
      JobStatistics statistics =
          new JobStatistics(base, plan, store.statisticsCache(), workspace, clock, progress);
      try (Moments moments =
          part == null || part.needsMoments(updated) ? statistics.ofCorpus() : Moments.none()) {
        List<int[]> domain = statistics.domain(before.evaluation().facts());
        if (endsWith(Stage.Statistics)) {
          return null;
        }
        List<EditRounds.Round> rounds;
        try (Moments metric = solves ? statistics.with(moments, domain) : Moments.none()) {
          EditRounds editing =
              new EditRounds(
                  base.decoder(),
                  base.tokenizer(),
                  plan.settings(),
                  workspace,
                  clock,
                  prefixes,
                  solves ? plan.metric(metric) : EditJobRun::unsolved,
                  solves ? earlier() : EarlierKeys.NONE);
          if (endsWith(Stage.Values)) {
            editing.values(facts, held, part::owns);
            return null;
          }
          rounds = editing.run(facts, held);
        }
        if (endsWith(Stage.Update)) {
          return null;
        }
        if (endsWith(Stage.Evaluate) && part.shared()) {
          measuring.share(before, part::owns);
          return null;
        }
        Measured after = measuring.after(before);
        if (endsWith(Stage.Evaluate)) {
          return null;
        }
        return publish(digest, workspace, before, after, questions, rounds, prefixes, moments);
      }
    }

    /** The batches that the job began with, where they fit the memory that there is now. */
    private MemoryPlan.Batch batch(Workspace workspace) {
      MemoryPlan now = base.memory(request.memory());
      progress.note(now.describe());
      clock.onEntering(
          stage -> {
            base.decoder().keepWithin(now.weightsIn(stage));
            NativeHeap.trim();
          });
      MemoryPlan.Batch fits = most == null ? now.batch() : most;
      MemoryPlan.Batch begun = workspace.look("batch", MemoryPlan.Batch.class).orElse(null);
      if (begun != null
          && begun.values() <= fits.values()
          && begun.evaluation() <= fits.evaluation()) {
        batch = workspace.read("batch", MemoryPlan.Batch.class).orElseThrow();
      } else {
        workspace.write("batch", fits);
        batch = fits;
      }
      return batch;
    }

    private List<String> prefixes(Workspace workspace) {
      String[] done = workspace.read("prefixes", String[].class).orElse(null);
      if (done != null) {
        return List.of(done);
      }
      List<String> prefixes =
          Prefixes.sample(
              base.decoder(),
              base.tokenizer(),
              plan.settings().prefixes(),
              plan.settings().prefixTokens(),
              plan.settings().seed());
      workspace.write("prefixes", prefixes);
      return prefixes;
    }

    private EarlierKeys earlier() {
      return plan.keepEarlier()
          ? Lineage.read(store, base.version(), base.decoder(), plan.settings().layers(), progress)
          : EarlierKeys.NONE;
    }

    /** The keys of this job's facts, as the edited model reads them. */
    private Map<String, CheckpointWriter.NewTensor> keys(List<String> prefixes) {
      try (Scope scope = new Scope()) {
        LayerUpdate update =
            new LayerUpdate(
                base.decoder(),
                base.tokenizer(),
                plan.settings(),
                prefixes,
                (layer, memory) -> {
                  throw new IllegalStateException("reading keys costs nothing");
                },
                EarlierKeys.NONE);
        return Lineage.tensors(update.keysOf(SubjectGroup.of(facts)));
      }
    }

    private JobReport publish(
        String digest,
        Workspace workspace,
        Measured before,
        Measured after,
        List<Samples.Question> questions,
        List<EditRounds.Round> rounds,
        List<String> prefixes,
        Moments moments) {
      List<String> missed =
          Gates.check(
              plan.requirements(), before.evaluation().metrics(), after.evaluation().metrics());
      String reason = missed.isEmpty() ? null : String.join("; ", missed);
      VersionManifest.State state =
          missed.isEmpty() ? VersionManifest.State.Published : VersionManifest.State.Rejected;
      Reports reports = new Reports(request, base.version());
      JobReport.BeforeAfter metrics = Reports.metrics(before.evaluation(), after.evaluation());
      requireUnmoved(workspace);
      try (StagedVersion staged = store.stage(base.version())) {
        List<TensorChange> changes =
            clock.time(
                Stage.Publish,
                "publish",
                "tensors",
                heard -> {
                  List<TensorChange> written = write(staged);
                  heard.advance(written.size(), written.size());
                  return written;
                });
        staged.writeFacts(facts);
        staged.writeKeys(keys(prefixes));
        JobReport report =
            reports.done(
                state.name(),
                reason,
                metrics,
                Reports.facts(before.evaluation(), after.evaluation()),
                Reports.samples(questions, before.answers(), after.answers()),
                Reports.changes(rounds, changes),
                Reports.statistics(moments),
                after.evaluation().routing(),
                clock.reports());
        staged.writeReport(Workspace.JSON.valueToTree(report));
        Version version =
            staged.publish(
                new VersionDraft(
                    state,
                    reason,
                    plan.method(),
                    plan.describe(),
                    plan.settings().seed(),
                    digest,
                    Workspace.JSON.valueToTree(metrics)),
                Promotion.valueOf(request.spec().promotion().name()));
        workspace.delete();
        return placed(report, version, false, null);
      }
    }

    private List<TensorChange> write(StagedVersion staged) {
      return staged.write(base.decoder().replacedTensors(), base.decoder()::tensorBytes);
    }

    private void requireUnmoved(Workspace workspace) {
      int now = base().manifest().version();
      int then = base.version().manifest().version();
      if (now == then) {
        return;
      }
      workspace.delete();
      String moved =
          "job '"
              + request.name()
              + "' started from v"
              + then
              + ", but "
              + request.spec().from()
              + " is v"
              + now
              + " now";
      if (part != null) {
        throw new MovedException(moved, "v" + now);
      }
      if (request.spec().onConflict() == OnConflict.Fail) {
        throw new ConflictException(moved + "; run it again, or set spec.onConflict: Rebase");
      }
      throw new Moved();
    }

    private JobReport unchanged(Measured before, List<Samples.Question> questions) {
      JobReport report =
          new Reports(request, base.version())
              .done(
                  "Unchanged",
                  "the model holds all " + facts.size() + " facts already; nothing was edited",
                  Reports.metrics(before.evaluation(), before.evaluation()),
                  Reports.facts(before.evaluation(), before.evaluation()),
                  Reports.samples(questions, before.answers(), before.answers()),
                  new JobReport.Changes(0, List.of(), List.of()),
                  null,
                  null,
                  clock.reports());
      return placed(report, base.version(), false, report.reason());
    }

    private JobReport reuse(Version version) {
      VersionManifest manifest = version.manifest();
      String reason =
          "this version exists already: made "
              + manifest.createdAt()
              + " from v"
              + manifest.parent()
              + " by the same facts, method, settings and seed; nothing was computed";
      JobReport report = Workspace.JSON.convertValue(version.report(), JobReport.class);
      return placed(report, version, true, reason);
    }

    private JobReport placed(JobReport report, Version version, boolean reused, String reason) {
      int number = version.manifest().version();
      boolean current = store.model(version.manifest().model()).current() == number;
      return report.placed("v" + number, current, version.location(), reused, reason);
    }
  }
}
