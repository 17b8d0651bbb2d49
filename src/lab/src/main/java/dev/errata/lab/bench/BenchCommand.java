package dev.errata.lab.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.facts.FactFormat;
import dev.errata.api.facts.FactReader;
import dev.errata.editing.statistics.Corpus;
import dev.errata.editing.torch.Compute;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code errata lab bench}: the library's MEMIT against the textbook's. */
@Command(
    name = "bench",
    description =
        "Edit the same facts by the library's MEMIT and by a plain textbook form, at equal settings,"
            + " and print both side by side. Settings are the preset of the model; facts that fail"
            + " are not tried again.",
    subcommands = ExpertsBenchCommand.class,
    sortOptions = false)
public final class BenchCommand implements Callable<Integer> {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Folder of a Hugging Face checkpoint.")
  private Path model;

  @Option(names = "--facts", paramLabel = "FILE", description = "The facts.")
  private Path file;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "Jsonl",
      description = "${COMPLETION-CANDIDATES} (default ${DEFAULT-VALUE}).")
  private FactFormat format;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "50",
      description = "How many facts of the file the library edits (default ${DEFAULT-VALUE}).")
  private int count;

  @Option(
      names = "--plain-count",
      paramLabel = "N",
      description =
          "How many of them the textbook edits; both are judged by these alone (default: all).")
  private Integer plainCount;

  @Option(
      names = "--repeats",
      paramLabel = "N",
      defaultValue = "5",
      description =
          "How often the library does each stage; the median counts (default ${DEFAULT-VALUE}).")
  private int repeats;

  @Option(
      names = "--plain-repeats",
      paramLabel = "N",
      description = "How often the textbook does (default: as often as the library).")
  private Integer plainRepeats;

  @Option(
      names = "--layers",
      paramLabel = "N",
      split = ",",
      description = "Edited layers, such as 3,4,5,6,7 (default: the preset's).")
  private List<Integer> layers;

  @Option(
      names = "--prefixes",
      paramLabel = "P",
      description = "Sampled texts before each prompt (default: the preset's).")
  private Integer prefixes;

  @Option(
      names = "--corpus",
      paramLabel = "TEXT",
      defaultValue = Corpus.SELF,
      description =
          "Text of the statistics: a file, a folder, or Self for text sampled from the model"
              + " (default ${DEFAULT-VALUE}).")
  private String corpus;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Tokens of the statistics (default ${DEFAULT-VALUE}).")
  private long tokens;

  @Option(
      names = "--plain-tokens",
      paramLabel = "N",
      defaultValue = "2000",
      description =
          "How many of them the textbook's statistics are timed on; its update uses the library's"
              + " (default ${DEFAULT-VALUE}).")
  private long plainTokens;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "cpu, cuda or cuda:N (default ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "float32",
      description = "Type of the library's model (default ${DEFAULT-VALUE}).")
  private String type;

  @Option(
      names = "--plain-dtype",
      paramLabel = "TYPE",
      defaultValue = "float32",
      description = "Type of the textbook's model (default ${DEFAULT-VALUE}).")
  private String plainType;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of all that is drawn (default ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    BenchPlan plan = plan();
    PrintWriter err = spec.commandLine().getErr();
    BenchReport report =
        new Bench(
                plan,
                stage -> {
                  err.println(stage);
                  err.flush();
                })
            .run();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JSON.writeValueAsString(report));
    } else {
      new BenchTable(report).print(out);
    }
    out.flush();
    return 0;
  }

  private BenchPlan plan() {
    // Not for picocli to require: the subcommands need neither.
    if (model == null || file == null) {
      throw new InputException("--model DIR and --facts FILE are needed");
    }
    requirePositive("--count", count);
    requirePositive("--repeats", repeats);
    if (plainRepeats != null) {
      requirePositive("--plain-repeats", plainRepeats);
    }
    requirePositive("--tokens", tokens);
    requirePositive("--plain-tokens", plainTokens);
    if (plainCount != null) {
      requirePositive("--plain-count", plainCount);
    }
    if (prefixes != null && prefixes < 0) {
      throw new InputException("--prefixes is " + prefixes + "; it must be 0 or more");
    }
    List<Fact> facts = FactReader.read(file, format).facts();
    if (facts.size() < count) {
      throw new InputException(
          "--count is " + count + " but " + file + " holds " + facts.size() + " facts");
    }
    return new BenchPlan(
        model,
        facts.subList(0, count),
        plainCount == null ? count : plainCount,
        repeats,
        plainRepeats == null ? repeats : plainRepeats,
        layers,
        prefixes,
        corpus,
        tokens,
        Math.min(tokens, plainTokens),
        Compute.parse(device, type),
        Compute.parse(device, plainType).type(),
        seed);
  }

  private static void requirePositive(String option, long value) {
    if (value < 1) {
      throw new InputException(option + " is " + value + "; it must be 1 or more");
    }
  }
}
