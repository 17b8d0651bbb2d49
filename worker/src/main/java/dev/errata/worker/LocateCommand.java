package dev.errata.worker;

import dev.errata.api.facts.FactFormat;
import dev.errata.api.facts.FactReader;
import dev.errata.api.facts.FactSet;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.RemoteFiles;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.locate.HeatMap;
import dev.errata.editing.locate.LocateSettings;
import dev.errata.editing.locate.Locator;
import dev.errata.editing.locate.TokenRole;
import dev.errata.editing.locate.Trace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code errata locate}. */
@Command(
    name = "locate",
    description =
        "Finds by causal tracing where a version recalls facts; writes trace.json and trace.png.")
final class LocateCommand extends Reporting {
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
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Where the files go; made when it is missing.")
  private Path directory;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "10",
      description = "Noises drawn for each fact (default: ${DEFAULT-VALUE}).")
  private int samples;

  @Option(
      names = "--noise",
      paramLabel = "FACTOR",
      defaultValue = "3",
      description =
          "Standard deviations of the subjects' embeddings in that of the noise (default:"
              + " ${DEFAULT-VALUE}).")
  private double noise;

  @Option(
      names = "--window",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Neighbouring layers whose attention or feed-forward output is restored together (default:"
              + " a quarter of the layers, at most 10).")
  private int window;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the noise (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Mixin private ComputeOptions compute;

  /** What is written; effects are differences of probability, by layer. */
  record Document(
      String model,
      String version,
      int facts,
      List<Integer> unknown,
      int samples,
      double noise,
      double deviation,
      int window,
      long seed,
      double clean,
      double corrupted,
      List<Row> tokens,
      Trace.LastSubject lastSubject,
      List<Integer> layers) {
    /** The effects at the tokens of one role. */
    record Row(
        String role,
        int facts,
        List<Double> hidden,
        List<Double> attention,
        List<Double> feedForward) {}
  }

  @Override
  public Integer call() {
    LocateSettings settings =
        new LocateSettings(samples, noise, window, seed, LocateSettings.DEFAULT.batchTokens());
    Version version = store().version(reference);
    FactSet facts =
        FactReader.read(file, format, FactReader.Options.DEFAULT.with(RemoteFiles::open));
    Trace trace = trace(version, facts, settings);
    Document document = document(version, trace);
    write(document, trace, version);
    report(
        document,
        out -> {
          out.printf(
              Locale.ROOT,
              "%s: %d facts traced, %d that it does not know left out%n",
              version.manifest().ref(),
              trace.facts(),
              trace.unknown().size());
          out.printf(
              Locale.ROOT,
              "probability of the answer %.3f, with a noisy subject %.3f%n",
              trace.clean(),
              trace.corrupted());
          out.println("layers best edited: " + trace.layers());
          out.println(directory.resolve("trace.json") + ", " + directory.resolve("trace.png"));
        });
    return ExitCode.DONE;
  }

  private Trace trace(Version version, FactSet facts, LocateSettings settings) {
    try (OpenModel model = OpenModel.of(version, compute.compute());
        TerminalProgress progress = progress()) {
      progress.stage("locate", "facts");
      return Locator.trace(model.decoder(), model.tokenizer(), facts.facts(), settings, progress);
    }
  }

  private static Document document(Version version, Trace trace) {
    List<Document.Row> rows = new ArrayList<>();
    for (TokenRole role : TokenRole.values()) {
      int count = trace.tokens().getOrDefault(role, 0);
      if (count > 0) {
        rows.add(
            new Document.Row(
                role.words(),
                count,
                trace.hidden().get(role),
                trace.attention().get(role),
                trace.feedForward().get(role)));
      }
    }
    return new Document(
        version.manifest().model(),
        "v" + version.manifest().version(),
        trace.facts(),
        trace.unknown(),
        trace.settings().samples(),
        trace.settings().noise(),
        trace.deviation(),
        trace.settings().window(),
        trace.settings().seed(),
        trace.clean(),
        trace.corrupted(),
        rows,
        trace.lastSubject(),
        trace.layers());
  }

  private void write(Document document, Trace trace, Version version) {
    try {
      Files.createDirectories(directory);
      StorageFiles.write(directory.resolve("trace.json"), toJson(document) + "\n");
    } catch (IOException e) {
      throw IoProblems.of(directory, e);
    }
    String title = version.manifest().ref() + ", " + trace.facts() + " facts";
    HeatMap.write(directory.resolve("trace.png"), trace, title);
  }
}
