package dev.errata.editing.pipeline;

import dev.errata.editing.checkpoint.store.TensorChange;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.evaluate.Evaluation;
import dev.errata.editing.evaluate.FactScore;
import dev.errata.editing.evaluate.Routes;
import dev.errata.editing.statistics.Moments;
import java.util.ArrayList;
import java.util.List;

/** Puts a {@link JobReport} together. */
record Reports(EditRequest request, Version parent) {
  JobReport done(
      String state,
      String reason,
      JobReport.BeforeAfter metrics,
      JobReport.FactsReport facts,
      List<JobReport.Sample> samples,
      JobReport.Changes changes,
      List<JobReport.LayerStatistics> statistics,
      List<Routes.Overlap> routing,
      List<StageReport> stages,
      List<WorkerFigures> workers) {
    return new JobReport(
        request.name(),
        parent.manifest().model(),
        "v" + parent.manifest().version(),
        null,
        state,
        reason,
        false,
        false,
        null,
        metrics,
        facts,
        samples,
        changes,
        statistics,
        routing,
        stages,
        workers,
        ProcessMemory.peak());
  }

  static JobReport.BeforeAfter metrics(Evaluation before, Evaluation after) {
    return new JobReport.BeforeAfter(
        JobReport.figures(before.metrics()), JobReport.figures(after.metrics()));
  }

  static JobReport.FactsReport facts(Evaluation before, Evaluation after) {
    List<JobReport.FactOutcome> failed =
        after.facts().stream().filter(f -> !f.verified()).map(Reports::outcome).toList();
    List<JobReport.FactOutcome> noop =
        before.facts().stream().filter(FactScore::verified).map(Reports::outcome).toList();
    int total = after.facts().size();
    return new JobReport.FactsReport(total, total - failed.size(), failed, noop);
  }

  private static JobReport.FactOutcome outcome(FactScore fact) {
    return new JobReport.FactOutcome(
        fact.id(), fact.line(), fact.prompt(), fact.target(), fact.generated());
  }

  static List<JobReport.Sample> samples(
      List<Samples.Question> questions, List<String> before, List<String> after) {
    List<JobReport.Sample> samples = new ArrayList<>();
    for (int i = 0; i < questions.size(); i++) {
      Samples.Question question = questions.get(i);
      samples.add(
          new JobReport.Sample(
              question.kind(), question.prompt(), question.wanted(), before.get(i), after.get(i)));
    }
    return samples;
  }

  static JobReport.Changes changes(List<EditRounds.Round> rounds, List<TensorChange> tensors) {
    List<JobReport.RoundReport> reports = new ArrayList<>();
    for (EditRounds.Round round : rounds) {
      reports.add(
          new JobReport.RoundReport(
              reports.size() + 1, round.facts(), round.holding(), round.kept(), round.layers()));
    }
    return new JobReport.Changes(rounds.size(), reports, tensors);
  }

  static List<JobReport.LayerStatistics> statistics(Moments moments) {
    return moments.layers().stream()
        .map(
            layer ->
                new JobReport.LayerStatistics(
                    layer.index(), layer.tokens(), layer.routed(), layer.ranks()))
        .toList();
  }
}
