package dev.errata.lab.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
    subcommands = {ExpertsBenchCommand.class, DescentBenchCommand.class},
    sortOptions = false)
public final class BenchCommand implements Callable<Integer> {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  @Mixin private EditOptions edit;

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
      names = "--plain-tokens",
      paramLabel = "N",
      defaultValue = "2000",
      description =
          "How many of them the textbook's statistics are timed on; its update uses the library's"
              + " (default ${DEFAULT-VALUE}).")
  private long plainTokens;

  @Option(
      names = "--plain-dtype",
      paramLabel = "TYPE",
      defaultValue = "float32",
      description = "Type of the textbook's model (default ${DEFAULT-VALUE}).")
  private String plainType;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    BenchPlan plan = plan();
    PrintWriter err = spec.commandLine().getErr();
    BenchReport report = new Bench(plan, EditOptions.told(err)).run();
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
    EditInput input = edit.read();
    EditOptions.requirePositive("--repeats", repeats);
    if (plainRepeats != null) {
      EditOptions.requirePositive("--plain-repeats", plainRepeats);
    }
    EditOptions.requirePositive("--plain-tokens", plainTokens);
    if (plainCount != null) {
      EditOptions.requirePositive("--plain-count", plainCount);
    }
    return new BenchPlan(
        input,
        plainCount == null ? input.facts().size() : plainCount,
        repeats,
        plainRepeats == null ? repeats : plainRepeats,
        Math.min(input.tokens(), plainTokens),
        edit.compute(plainType).type());
  }
}
