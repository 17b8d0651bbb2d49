package dev.errata.lab.sequential;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.facts.FactFormat;
import dev.errata.api.facts.FactReader;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.statistics.Corpus;
import dev.errata.editing.torch.Compute;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code errata lab sequential}: what is left of the first job's facts behind the last one. */
@Command(
    name = "sequential",
    description =
        "Run jobs one after another on a model, each from the version before and with the model's"
            + " preset, and measure the last version on the facts of all of them.",
    sortOptions = false)
public final class SequentialCommand implements Callable<Integer> {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final double MEMORY = 0.9;
  private static final List<String> SHOWN =
      List.of(
          "efficacy",
          "paraphrase",
          "neighbourhood",
          "exactMatch",
          "otherFacts",
          "perplexity",
          "routingOverlap",
          "promptRoutingOverlap");

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "Folder of a Hugging Face checkpoint.")
  private Path model;

  @Option(names = "--facts", paramLabel = "FILE", required = true, description = "The facts.")
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
      defaultValue = "200",
      description = "How many facts of the file (default ${DEFAULT-VALUE}).")
  private int count;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many jobs share them evenly (default ${DEFAULT-VALUE}).")
  private int jobs;

  @Option(
      names = "--variants",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "MEMIT,AlphaEdit,MEMITForgetting",
      description =
          "Of ${COMPLETION-CANDIDATES}; the last one keeps no keys of earlier versions (default"
              + " all).")
  private List<Variant> variants;

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
      description = "Tokens of the statistics (default: the preset's).")
  private Long tokens;

  @Option(
      names = "--text",
      paramLabel = "FILE",
      description = "Held-out text for the perplexity and, on mixtures of experts, the routing.")
  private Path text;

  @Option(
      names = "--store",
      paramLabel = "DIR",
      description = "Where the versions go and stay (default: a folder that is deleted).")
  private Path storage;

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
      description = "Type of the computation (default ${DEFAULT-VALUE}).")
  private String type;

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
    SequentialPlan plan = plan();
    String heldOut = text == null ? null : read(text);
    Path folder = storage != null ? storage : Files.createTempDirectory("errata-sequential");
    SequentialReport report;
    try {
      PrintWriter err = spec.commandLine().getErr();
      report =
          new Sequential(
                  plan,
                  VersionStore.open(folder),
                  heldOut,
                  line -> {
                    err.println(line);
                    err.flush();
                  })
              .run();
    } finally {
      if (storage == null) {
        StorageFiles.deleteTree(folder);
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JSON.writeValueAsString(report));
    } else {
      print(out, report);
    }
    out.flush();
    return 0;
  }

  private SequentialPlan plan() {
    List<Fact> facts = FactReader.read(file, format).facts();
    if (count < 1 || facts.size() < count) {
      throw new InputException(
          "--count is " + count + "; " + file + " holds " + facts.size() + " facts");
    }
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return new SequentialPlan(
        model,
        facts.subList(0, count),
        jobs,
        corpus,
        tokens,
        variants,
        Compute.parse(device, type),
        seed,
        (long) (MEMORY * system.getTotalMemorySize()));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  private static void print(PrintWriter out, SequentialReport report) {
    out.printf(
        Locale.ROOT,
        "%s: %d jobs of %d facts, the last version measured on all %d%n",
        report.model(),
        report.jobs(),
        report.facts() / report.jobs(),
        report.facts());
    StringBuilder head = new StringBuilder("%-34s".formatted(""));
    head.append("%18s".formatted("unedited"));
    report.variants().forEach(each -> head.append("%18s".formatted(each.name())));
    out.println(head);
    for (String figure : SHOWN) {
      StringBuilder row = new StringBuilder("%-34s".formatted(figure));
      row.append(number(report.before(), figure));
      report.variants().forEach(each -> row.append(number(each.after(), figure)));
      out.println(row);
    }
    StringBuilder first = new StringBuilder("%-34s%18s".formatted("exactMatch, the first job", ""));
    report.variants().forEach(each -> first.append(number(each.firstJob(), "exactMatch")));
    out.println(first);
    StringBuilder seconds = new StringBuilder("%-34s%18s".formatted("seconds of all jobs", ""));
    report
        .variants()
        .forEach(each -> seconds.append(String.format(Locale.ROOT, "%18.0f", each.seconds())));
    out.println(seconds);
  }

  private static String number(Map<String, Object> figures, String name) {
    return figures.get(name) instanceof Number value
        ? String.format(Locale.ROOT, "%18.3f", value.doubleValue())
        : "%18s".formatted("-");
  }
}
