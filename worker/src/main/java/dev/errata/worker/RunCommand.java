package dev.errata.worker;

import dev.errata.editing.pipeline.JobReport;
import dev.errata.worker.meters.WorkerMeters;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code errata run}. */
@Command(
    name = "run",
    description = "Runs the jobs of a manifest, the one that kubectl apply takes.")
final class RunCommand extends Reporting {
  static final String RESTART =
      "Forgets what an interrupted run has done of a job that has changed since.";

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      required = true,
      description = "Model and EditJob resources, one YAML document each.")
  private Path file;

  @Option(names = "--restart", description = RESTART)
  private boolean restart;

  @Mixin private ComputeOptions compute;
  @Mixin private MemoryOption memory;
  @Mixin private KafkaOption kafka;
  @Mixin private MetricsOption metrics;

  @Override
  public Integer call() {
    ManifestRun.Outcome outcome;
    try (TerminalProgress progress = progress();
        WorkerMeters meters = metrics.open().orElse(null)) {
      outcome =
          new ManifestRun(
                  file,
                  store(),
                  progress,
                  new ManifestRun.Options(
                      compute.compute(), Integer.MAX_VALUE, restart, memory.bytes(), kafka, meters))
              .run();
    }
    report(document(outcome), out -> new ReportText(out).outcome(outcome));
    return outcome.exitCode();
  }

  /** The report of the one job there is, or a list of all that was done. */
  static Object document(ManifestRun.Outcome outcome) {
    if (outcome.jobs().size() == 1) {
      JobReport only = outcome.jobs().get(0);
      return only;
    }
    return outcome;
  }
}
