package dev.errata.lab.bench;

import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.facts.FactFormat;
import dev.errata.api.facts.FactReader;
import dev.errata.editing.statistics.Corpus;
import dev.errata.editing.torch.Compute;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** What the benches that edit a model are given. */
final class EditOptions {
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
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of all that is drawn (default ${DEFAULT-VALUE}).")
  private long seed;

  /** A type on the device of the options. */
  Compute compute(String dtype) {
    return Compute.parse(device, dtype);
  }

  /**
   * What is edited.
   *
   * @throws InputException naming the option that cannot be
   */
  EditInput read() {
    // Not for picocli to require: a command's subcommands may need neither.
    if (model == null || file == null) {
      throw new InputException("--model DIR and --facts FILE are needed");
    }
    requirePositive("--count", count);
    requirePositive("--tokens", tokens);
    if (prefixes != null && prefixes < 0) {
      throw new InputException("--prefixes is " + prefixes + "; it must be 0 or more");
    }
    List<Fact> facts = FactReader.read(file, format).facts();
    if (facts.size() < count) {
      throw new InputException(
          "--count is " + count + " but " + file + " holds " + facts.size() + " facts");
    }
    return new EditInput(
        model, facts.subList(0, count), layers, prefixes, corpus, tokens, compute(type), seed);
  }

  /** Tells each stage in a line. */
  static Consumer<String> told(PrintWriter err) {
    return stage -> {
      err.println(stage);
      err.flush();
    };
  }

  static void requirePositive(String option, long value) {
    if (value < 1) {
      throw new InputException(option + " is " + value + "; it must be 1 or more");
    }
  }
}
