package dev.errata.lab.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.errata.api.InputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code errata lab bench experts}. */
@Command(
    name = "experts",
    description =
        "Solve for the experts of a random layer by the closed form, all at once, and by block"
            + " coordinate descent, one after the other, with the same metric.",
    sortOptions = false)
public final class ExpertsBenchCommand implements Callable<Integer> {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final double GIGA = 1e9;

  @Option(
      names = "--experts",
      paramLabel = "E",
      defaultValue = "64",
      description = "Experts of the layer (default ${DEFAULT-VALUE}).")
  private int experts;

  @Option(
      names = "--per-token",
      paramLabel = "K",
      defaultValue = "8",
      description = "Experts that a key reaches (default ${DEFAULT-VALUE}).")
  private int perToken;

  @Option(
      names = "--keys",
      paramLabel = "N",
      defaultValue = "500",
      description = "Edited positions (default ${DEFAULT-VALUE}).")
  private int keys;

  @Option(
      names = "--width",
      paramLabel = "F",
      defaultValue = "768",
      description = "Width of an expert's key (default ${DEFAULT-VALUE}).")
  private int width;

  @Option(
      names = "--hidden",
      paramLabel = "D",
      defaultValue = "2048",
      description = "Width of the residual stream (default ${DEFAULT-VALUE}).")
  private int hidden;

  @Option(
      names = "--passes",
      paramLabel = "N",
      defaultValue = "4",
      description =
          "Passes of the block coordinate descent; 0 to leave it out (default ${DEFAULT-VALUE}).")
  private int passes;

  @Option(
      names = "--residual-share",
      paramLabel = "SHARE",
      defaultValue = "0.3",
      description =
          "Share of the residual that the solve leaves; it decides lambda (default"
              + " ${DEFAULT-VALUE}).")
  private double residualShare;

  @Option(
      names = "--gpu-teraflops",
      paramLabel = "T",
      defaultValue = "34",
      description =
          "Float64 teraflops of the GPU of the projection; half of them are taken for reached"
              + " (default ${DEFAULT-VALUE}, an H100's without tensor cores).")
  private double gpuTeraflops;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of all that is drawn (default ${DEFAULT-VALUE}).")
  private int seed;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (!(gpuTeraflops > 0)) {
      throw new InputException("--gpu-teraflops is " + gpuTeraflops + "; it must be above 0");
    }
    ExpertsPlan plan =
        new ExpertsPlan(experts, perToken, keys, width, hidden, passes, residualShare, seed);
    PrintWriter err = spec.commandLine().getErr();
    ExpertsReport report = new ExpertsBench(plan, gpuTeraflops, EditOptions.told(err)).run();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JSON.writeValueAsString(report));
    } else {
      print(out, report);
    }
    out.flush();
    return 0;
  }

  private static void print(PrintWriter out, ExpertsReport report) {
    ExpertsReport.Exact exact = report.exact();
    out.printf(
        Locale.ROOT,
        "%d experts, %d a token, f %d, d %d, %d keys, lambda %.4g%n",
        report.experts(),
        report.perToken(),
        report.width(),
        report.hidden(),
        report.keys(),
        report.lambda());
    String row = "%-28s %10s %12s %14s %12s%n";
    out.printf(Locale.ROOT, row, "", "seconds", "cpu seconds", "objective", "excess");
    out.printf(
        Locale.ROOT,
        row,
        "closed form",
        String.format(Locale.ROOT, "%.2f", exact.seconds()),
        String.format(Locale.ROOT, "%.2f", exact.cpuSeconds()),
        String.format(Locale.ROOT, "%.6g", exact.objective()),
        "0");
    for (ExpertsReport.Pass pass : report.descent()) {
      out.printf(
          Locale.ROOT,
          row,
          "descent, pass " + pass.pass(),
          String.format(Locale.ROOT, "%.2f", pass.seconds()),
          String.format(Locale.ROOT, "%.2f", pass.cpuSeconds()),
          String.format(Locale.ROOT, "%.6g", pass.objective()),
          String.format(Locale.ROOT, "%.2e", pass.excess()));
    }
    if (report.speedup() != null) {
      out.printf(
          Locale.ROOT,
          "closed form: %.1f times as fast by the clock, %s times by processor seconds%n",
          report.speedup(),
          known(report.cpuSpeedup()));
    }
    out.printf(
        Locale.ROOT,
        "%.1f Gflop, %s Gflop per processor second, peak memory %s, %.0f %% of the residual left%n",
        exact.flops() / GIGA,
        known(Cost.ratio(exact.flops() / GIGA, exact.cpuSeconds())),
        exact.peakRssBytes() == null
            ? "unknown"
            : String.format(Locale.ROOT, "%.2f GB", exact.peakRssBytes() / GIGA),
        100 * exact.residualShare());
    ExpertsReport.Projection projection = report.projection();
    out.printf(
        Locale.ROOT,
        "projected, not measured: %d such layers on a GPU of %.0f Tflop/s in float64: %.2f s,"
            + " %.1f GB%n",
        projection.layers(),
        projection.gpuTeraflops(),
        projection.seconds(),
        projection.bytes() / GIGA);
  }

  private static String known(Double figure) {
    return figure == null ? "unknown" : String.format(Locale.ROOT, "%.1f", figure);
  }
}
