package dev.errata.lab.bench;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.Function;

/** A report as a table for people. */
final class BenchTable {
  private static final String ROW = "%-34s %12s %12s %12s%n";
  private static final double MIB = 1024.0 * 1024;
  private static final double GIGA = 1e9;
  private static final double PERCENT = 0.01;

  private final BenchReport report;

  BenchTable(BenchReport report) {
    this.report = report;
  }

  void print(PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%s: %d facts edited by both, layers %s, %d prefixes, lambda %.4g%n",
        report.model(),
        report.facts(),
        report.layers(),
        report.prefixes(),
        report.lambda());
    out.printf(Locale.ROOT, ROW, "", "unedited", "library", "textbook");
    figure(out, "efficacy", BenchReport.Figures::efficacy);
    figure(out, "paraphrase", BenchReport.Figures::paraphrase);
    figure(out, "neighbourhood", BenchReport.Figures::neighbourhood);
    figure(out, "exact match", BenchReport.Figures::exactMatch);
    stage(out, "values", "facts", BenchReport.Side::values);
    stage(out, "statistics", "tokens", BenchReport.Side::statistics);
    stage(out, "update", "facts", BenchReport.Side::update);
    side(
        out,
        "peak memory, MiB",
        side -> side.peakRssBytes() == null ? "-" : number("%.0f", side.peakRssBytes() / MIB));
    side(out, "type", BenchReport.Side::type);
    side(out, "median of", side -> Integer.toString(side.repeats()));
    BenchReport.Faster faster = report.faster();
    out.printf(
        Locale.ROOT,
        "Times as much a second, by processor seconds (by the clock): values %s (%.1f), statistics"
            + " %s (%.1f), update %s (%.1f).%n",
        scaled("%.1f", faster.valuesByCpu(), 1),
        faster.values(),
        scaled("%.1f", faster.statisticsByCpu(), 1),
        faster.statistics(),
        scaled("%.1f", faster.updateByCpu(), 1),
        faster.update());
    for (MatrixRate rate : report.rates()) {
      out.printf(
          Locale.ROOT,
          "Matrices of %d in %s: %.1f Gflop/s by the clock, %.1f a processor second.%n",
          rate.size(),
          rate.type(),
          rate.perSecond() / GIGA,
          rate.perCpuSecond() / GIGA);
    }
    out.printf(Locale.ROOT, "Values: median distance of delta %.2g.%n", report.valuesApart());
  }

  private void stage(
      PrintWriter out,
      String name,
      String items,
      Function<BenchReport.Side, BenchReport.StageFigures> of) {
    side(out, name + ", " + items, side -> Long.toString(of.apply(side).items()));
    side(out, name + ", seconds", side -> number("%.2f", of.apply(side).seconds()));
    side(out, name + ", processor seconds", side -> number("%.2f", of.apply(side).cpuSeconds()));
    side(out, name + ", Gflop needed", side -> scaled("%.1f", of.apply(side).operations(), GIGA));
    side(
        out,
        name + ", share of rate",
        side -> scaled("%.0f %%", of.apply(side).shareOfCpuRate(), PERCENT));
    side(
        out,
        name + ", the same by the clock",
        side -> scaled("%.0f %%", of.apply(side).shareOfRate(), PERCENT));
  }

  private static String scaled(String format, Double value, double unit) {
    return value == null ? "-" : number(format, value / unit);
  }

  private void figure(PrintWriter out, String name, Function<BenchReport.Figures, Double> value) {
    out.printf(
        Locale.ROOT,
        ROW,
        name,
        share(value.apply(report.unedited())),
        share(value.apply(report.library().figures())),
        share(value.apply(report.textbook().figures())));
  }

  private void side(PrintWriter out, String name, Function<BenchReport.Side, String> value) {
    out.printf(
        Locale.ROOT, ROW, name, "", value.apply(report.library()), value.apply(report.textbook()));
  }

  private static String share(Double value) {
    return value == null ? "-" : number("%.3f", value);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
