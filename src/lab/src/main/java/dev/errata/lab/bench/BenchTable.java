package dev.errata.lab.bench;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.Function;

/** A report as a table for people. */
final class BenchTable {
  private static final String ROW = "%-34s %12s %12s %12s%n";
  private static final double MIB = 1024.0 * 1024;

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
    side(out, "values, facts timed", side -> Integer.toString(side.timedFacts()));
    side(out, "values, seconds", side -> number("%.2f", side.valuesSeconds()));
    side(out, "values, facts per second", side -> number("%.3f", side.factsPerSecond()));
    side(out, "update, seconds", side -> number("%.2f", side.updateSeconds()));
    side(out, "statistics, tokens timed", side -> Long.toString(side.statisticsTokens()));
    side(out, "statistics, seconds", side -> number("%.2f", side.statisticsSeconds()));
    side(
        out,
        "statistics, tokens per second",
        side -> number("%.0f", side.statisticsTokens() / side.statisticsSeconds()));
    side(
        out,
        "peak memory, MiB",
        side -> side.peakRssBytes() == null ? "-" : number("%.0f", side.peakRssBytes() / MIB));
    side(out, "type", BenchReport.Side::type);
    out.printf(
        Locale.ROOT,
        "Values: %.1f times as many facts per second; median distance of delta %.2g.%n",
        report.speedup(),
        report.valuesApart());
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
