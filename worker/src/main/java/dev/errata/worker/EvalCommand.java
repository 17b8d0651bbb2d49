package dev.errata.worker;

import dev.errata.api.facts.FactFormat;
import dev.errata.api.facts.FactReader;
import dev.errata.api.facts.FactSet;
import dev.errata.editing.checkpoint.RemoteFiles;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.evaluate.Evaluation;
import dev.errata.editing.evaluate.EvaluationSettings;
import dev.errata.editing.evaluate.Evaluator;
import dev.errata.editing.evaluate.FactScore;
import dev.errata.editing.pipeline.JobReport;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code errata eval}. */
@Command(name = "eval", description = "Measures a version on facts.")
final class EvalCommand extends Reporting {
  @Parameters(paramLabel = "NAME@vN", description = "The version.")
  private String reference;

  @Option(names = "--facts", paramLabel = "FILE", required = true, description = "The facts.")
  private Path file;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "Jsonl",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private FactFormat format;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of what is drawn (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Mixin private ComputeOptions compute;

  /** The figures. */
  record Document(
      String model,
      String version,
      int facts,
      int verified,
      Map<String, Object> metrics,
      List<JobReport.FactOutcome> failed) {}

  @Override
  public Integer call() {
    Version version = store().version(reference);
    FactSet facts =
        FactReader.read(file, format, FactReader.Options.DEFAULT.with(RemoteFiles::open));
    Evaluation evaluation = evaluate(version, facts);
    List<JobReport.FactOutcome> failed =
        evaluation.facts().stream()
            .filter(fact -> !fact.verified())
            .map(EvalCommand::outcome)
            .toList();
    int total = facts.facts().size();
    Document document =
        new Document(
            version.manifest().model(),
            "v" + version.manifest().version(),
            total,
            total - failed.size(),
            JobReport.figures(evaluation.metrics()),
            failed);
    report(
        document,
        out -> {
          out.println(
              version.manifest().ref()
                  + " holds "
                  + document.verified()
                  + " of "
                  + total
                  + " facts");
          new ReportText(out).figures(document.metrics());
        });
    return ExitCode.DONE;
  }

  private Evaluation evaluate(Version version, FactSet facts) {
    try (OpenModel model = OpenModel.of(version, compute.compute());
        TerminalProgress progress = progress()) {
      progress.stage("evaluate", "prompts");
      return Evaluator.evaluate(
          model.decoder(),
          model.tokenizer(),
          facts.facts(),
          EvaluationSettings.DEFAULT.withSeed(seed),
          null,
          progress);
    }
  }

  private static JobReport.FactOutcome outcome(FactScore fact) {
    return new JobReport.FactOutcome(
        fact.id(), fact.line(), fact.prompt(), fact.target(), fact.generated());
  }
}
