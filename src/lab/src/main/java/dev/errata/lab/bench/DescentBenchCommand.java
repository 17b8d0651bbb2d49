package dev.errata.lab.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code errata lab bench descent}. */
@Command(
    name = "descent",
    description =
        "Edit a mixture of experts with the same values and metric by the closed form, all experts"
            + " at once, and by block coordinate descent, one after the other, and print both side"
            + " by side.",
    sortOptions = false)
public final class DescentBenchCommand implements Callable<Integer> {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final String ROW = "%-28s %12s %12s %12s%n";

  @Mixin private EditOptions edit;

  @Option(
      names = "--passes",
      paramLabel = "N",
      defaultValue = "4",
      description = "Passes of the block coordinate descent (default ${DEFAULT-VALUE}).")
  private int passes;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    EditInput input = edit.read();
    EditOptions.requirePositive("--passes", passes);
    DescentReport report =
        new DescentBench(input, passes, EditOptions.told(spec.commandLine().getErr())).run();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JSON.writeValueAsString(report));
    } else {
      print(out, report);
    }
    out.flush();
    return 0;
  }

  private static void print(PrintWriter out, DescentReport report) {
    out.printf(
        Locale.ROOT,
        "%s: %d facts, layers %s, lambda %.4g, %d passes of descent%n",
        report.model(),
        report.facts(),
        report.layers(),
        report.lambda(),
        report.passes());
    out.printf(Locale.ROOT, ROW, "", "unedited", "closed form", "descent");
    figure(out, report, "efficacy", BenchReport.Figures::efficacy);
    figure(out, report, "paraphrase", BenchReport.Figures::paraphrase);
    figure(out, report, "neighbourhood", BenchReport.Figures::neighbourhood);
    figure(out, report, "exact match", BenchReport.Figures::exactMatch);
    side(out, report, "solves, seconds", DescentReport.Side::seconds);
    side(out, report, "solves, processor seconds", DescentReport.Side::cpuSeconds);
    for (DescentReport.Gap gap : report.gaps()) {
      out.printf(
          Locale.ROOT,
          ROW,
          "objective, layer " + gap.layer(),
          "",
          String.format(Locale.ROOT, "%.6g", gap.exact()),
          String.format(Locale.ROOT, "%.6g", gap.descent()));
    }
  }

  private static void figure(
      PrintWriter out,
      DescentReport report,
      String name,
      Function<BenchReport.Figures, Double> value) {
    out.printf(
        Locale.ROOT,
        ROW,
        name,
        share(value.apply(report.unedited())),
        share(value.apply(report.exact().figures())),
        share(value.apply(report.descent().figures())));
  }

  private static void side(
      PrintWriter out,
      DescentReport report,
      String name,
      Function<DescentReport.Side, Double> value) {
    out.printf(
        Locale.ROOT,
        ROW,
        name,
        "",
        String.format(Locale.ROOT, "%.2f", value.apply(report.exact())),
        String.format(Locale.ROOT, "%.2f", value.apply(report.descent())));
  }

  private static String share(Double value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.3f", value);
  }
}
