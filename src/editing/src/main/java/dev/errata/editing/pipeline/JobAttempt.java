package dev.errata.editing.pipeline;

import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.api.resource.OnConflict;
import dev.errata.api.resource.Stage;
import dev.errata.editing.checkpoint.store.ConflictException;
import dev.errata.editing.checkpoint.store.Promotion;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionManifest;
import dev.errata.editing.memory.Metric;
import dev.errata.editing.method.memit.EarlierKeys;
import dev.errata.editing.method.memit.Prefixes;
import dev.errata.editing.pipeline.Measuring.Measured;
import dev.errata.editing.statistics.Moments;
import dev.errata.editing.torch.DeviceMemory;
import dev.errata.editing.torch.NativeHeap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/** One way of a job through the stages, from one base. */
final class JobAttempt {
  /** Thrown when the version to start from has moved during the run of a whole job. */
  static final class Moved extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private final JobContext job;
  private final Progress progress;
  private final StagePart part;
  private final List<Fact> facts;
  private final JobBase base;
  private final StageClock clock;
  private final JobResults results;
  private JobPlan plan;

  /** The largest batches that the device has room for, or null when that is not known. */
  private final MemoryPlan.Batch most;

  private MemoryPlan.Batch batch;

  JobAttempt(JobContext job, JobBase base, MemoryPlan.Batch most) {
    this.job = job;
    this.progress = job.progress();
    this.part = job.part();
    this.facts = job.facts();
    this.base = base;
    this.clock = new StageClock(progress, base.decoder()::layerTokens);
    this.results = new JobResults(job, base, clock);
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
              job.compute().device(),
              batch.values(),
              batch.evaluation()),
          error);
    }
    return half;
  }

  /** Goes through the stages; null when the part ends before there is a result. */
  JobReport run() {
    VersionManifest parent = base.version().manifest();
    JobInputs inputs = base.inputs(parent.digest(), job.request());
    String digest = inputs.digest();
    Optional<Version> made = job.store().findByJob(parent.model(), digest);
    Workspaces workspaces = new Workspaces(job.store(), parent.model(), progress);
    if (made.isPresent()) {
      boolean promote = job.request().spec().promotion().name().equals(Promotion.Automatic.name());
      workspaces.finish(inputs, made.get(), promote);
      return results.reuse(made.get());
    }
    if (parent.parentDigest() != null
        && base.inputs(parent.parentDigest(), job.request()).digest().equals(parent.jobDigest())) {
      return results.reuse(base.version());
    }
    job.request().facts().warnings().forEach(progress::note);
    if (base.found() != null) {
      progress.note(LayerDefaults.told(base.found()));
    }
    boolean rebase = job.request().spec().onConflict() != OnConflict.Fail;
    Workspace workspace = workspaces.open(inputs, job.request().restart(), rebase);
    JobReport report = stages(workspace, digest);
    if (report == null) {
      WorkerFigures.now(part, clock).keep(workspace);
    }
    return report;
  }

  private JobReport stages(Workspace workspace, String digest) {
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
      return results.unchanged(before, questions);
    }
    List<String> prefixes = prefixes(workspace);
    // Evaluations go through the whole model, statistics only up to the last edited layer.
    base.decoder().unload();
    boolean updated = workspace.has(EditRounds.UPDATE + 1);
    boolean solves = part == null || part.solves(updated);
    JobStatistics statistics =
        new JobStatistics(base, plan, job.store().statisticsCache(), workspace, clock, progress);
    try (Moments moments =
        part == null || part.needsMoments(updated) ? statistics.ofCorpus() : Moments.none()) {
      List<int[]> domain = statistics.domain(before.evaluation().facts());
      if (job.endsWith(Stage.Statistics)) {
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
                solves ? plan.metric(metric) : JobAttempt::unsolved,
                solves ? earlier() : EarlierKeys.NONE);
        if (job.endsWith(Stage.Values)) {
          editing.values(facts, held, part::owns);
          return null;
        }
        rounds = editing.run(facts, held);
      }
      if (job.endsWith(Stage.Update)) {
        return null;
      }
      if (job.endsWith(Stage.Evaluate) && part.shared()) {
        measuring.share(before, part::owns);
        return null;
      }
      Measured after = measuring.after(before);
      if (job.endsWith(Stage.Evaluate)) {
        return null;
      }
      requireUnmoved(workspace);
      JobReport report =
          results.publish(
              plan, digest, before, after, questions, rounds, prefixes, moments, workspace);
      workspace.delete();
      return report;
    }
  }

  /** In place of a metric in parts whose weights are edited already. */
  private static Metric unsolved(int layer, int memory) {
    throw new ConflictException(
        "the workspace lacks an update that was there when this stage began; start Update again");
  }

  /** The batches that the job began with, where they fit the memory that there is now. */
  private MemoryPlan.Batch batch(Workspace workspace) {
    MemoryPlan now = base.memory(job.store(), job.request().memory());
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
        ? Lineage.read(
            job.store(), base.version(), base.decoder(), plan.settings().layers(), progress)
        : EarlierKeys.NONE;
  }

  private void requireUnmoved(Workspace workspace) {
    int now = job.base().manifest().version();
    int then = base.version().manifest().version();
    if (now == then) {
      return;
    }
    workspace.delete();
    String moved =
        "job '"
            + job.request().name()
            + "' started from v"
            + then
            + ", but "
            + job.request().spec().from()
            + " is v"
            + now
            + " now";
    if (part != null) {
      throw new MovedException(moved, "v" + now);
    }
    if (job.request().spec().onConflict() == OnConflict.Fail) {
      throw new ConflictException(moved + "; run it again, or set spec.onConflict: Rebase");
    }
    throw new Moved();
  }
}
