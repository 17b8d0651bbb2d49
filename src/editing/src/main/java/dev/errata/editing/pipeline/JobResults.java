package dev.errata.editing.pipeline;

import dev.errata.api.Fact;
import dev.errata.api.resource.Stage;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.store.Promotion;
import dev.errata.editing.checkpoint.store.StagedVersion;
import dev.errata.editing.checkpoint.store.TensorChange;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionDraft;
import dev.errata.editing.checkpoint.store.VersionManifest;
import dev.errata.editing.evaluate.Gates;
import dev.errata.editing.method.memit.EarlierKeys;
import dev.errata.editing.method.memit.LayerUpdate;
import dev.errata.editing.method.memit.SubjectGroup;
import dev.errata.editing.pipeline.Measuring.Measured;
import dev.errata.editing.statistics.Moments;
import dev.errata.editing.torch.Scope;
import java.util.List;
import java.util.Map;

/** What a job ends with: a version and the report of it. */
final class JobResults {
  private final JobContext job;
  private final List<Fact> facts;
  private final JobBase base;
  private final StageClock clock;

  JobResults(JobContext job, JobBase base, StageClock clock) {
    this.job = job;
    this.facts = job.facts();
    this.base = base;
    this.clock = clock;
  }

  /**
   * Writes and publishes the next version; one that missed a gate is {@code Rejected}.
   *
   * @param digest of the job's inputs
   * @param workspace where the workers of the stages before have left their figures
   */
  JobReport publish(
      JobPlan plan,
      String digest,
      Measured before,
      Measured after,
      List<Samples.Question> questions,
      List<EditRounds.Round> rounds,
      List<String> prefixes,
      Moments moments,
      Workspace workspace) {
    List<String> missed =
        Gates.check(
            plan.requirements(), before.evaluation().metrics(), after.evaluation().metrics());
    String reason = missed.isEmpty() ? null : String.join("; ", missed);
    VersionManifest.State state =
        missed.isEmpty() ? VersionManifest.State.Published : VersionManifest.State.Rejected;
    Reports reports = new Reports(job.request(), base.version());
    JobReport.BeforeAfter metrics = Reports.metrics(before.evaluation(), after.evaluation());
    try (StagedVersion staged = job.store().stage(base.version())) {
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
      staged.writeKeys(keys(plan, prefixes));
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
              clock.reports(),
              WorkerFigures.all(workspace, WorkerFigures.now(job.part(), clock)));
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
              Promotion.valueOf(job.request().spec().promotion().name()));
      return placed(report, version, false, null);
    }
  }

  private List<TensorChange> write(StagedVersion staged) {
    return staged.write(base.decoder().replacedTensors(), base.decoder()::tensorBytes);
  }

  /** The keys of this job's facts, as the edited model reads them. */
  private Map<String, CheckpointWriter.NewTensor> keys(JobPlan plan, List<String> prefixes) {
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

  /** The report of a job whose facts the model holds already. */
  JobReport unchanged(Measured before, List<Samples.Question> questions) {
    JobReport report =
        new Reports(job.request(), base.version())
            .done(
                "Unchanged",
                "the model holds all " + facts.size() + " facts already; nothing was edited",
                Reports.metrics(before.evaluation(), before.evaluation()),
                Reports.facts(before.evaluation(), before.evaluation()),
                Reports.samples(questions, before.answers(), before.answers()),
                new JobReport.Changes(0, List.of(), List.of()),
                null,
                null,
                clock.reports(),
                null);
    return placed(report, base.version(), false, report.reason());
  }

  /** The report of a version that the same job has made before. */
  JobReport reuse(Version version) {
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
    boolean current = job.store().model(version.manifest().model()).current() == number;
    return report.placed("v" + number, current, version.location(), reused, reason);
  }
}
