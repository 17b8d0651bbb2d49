package dev.errata.worker;

import dev.errata.editing.checkpoint.store.TensorChange;
import dev.errata.editing.evaluate.Routes;
import dev.errata.editing.method.memit.LayerReport;
import dev.errata.editing.pipeline.JobReport;
import dev.errata.editing.pipeline.StageReport;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Tells a result in plain words. */
final class ReportText {
  private static final int SHOWN = 5;
  private static final Map<String, String> NAMES = names();

  private final PrintWriter out;

  ReportText(PrintWriter out) {
    this.out = out;
  }

  private static Map<String, String> names() {
    Map<String, String> names = new LinkedHashMap<>();
    names.put("efficacy", "efficacy            p(new) > p(old)");
    names.put("paraphrase", "paraphrase          the same, other words");
    names.put("neighbourhood", "neighbourhood       p(true) > p(new), other subjects");
    names.put("score", "score               harmonic mean of the three");
    names.put("exactMatch", "exact match         greedy text is the target");
    names.put("paraphraseExactMatch", "  paraphrases       the same, other words");
    names.put("prefixedExactMatch", "  behind a prefix   the same, after other text");
    names.put("tokenAccuracy", "token accuracy      target tokens, teacher-forced");
    names.put("paraphraseTokenAccuracy", "  paraphrases       the same, other words");
    names.put("portability", "  portability       what follows from the fact");
    names.put("locality", "  locality          neighbours' tokens unchanged");
    names.put("otherFacts", "other facts         of the same subjects, unchanged");
    names.put("fluency", "fluency             n-gram entropy, bits");
    names.put("perplexity", "perplexity          of held-out text");
    names.put("routingOverlap", "routing             experts unchanged, other text");
    names.put("promptRoutingOverlap", "  prompts           experts unchanged, the facts' prompts");
    return names;
  }

  /** Everything that a run did. */
  void outcome(ManifestRun.Outcome outcome) {
    if (outcome.jobs().isEmpty()) {
      outcome
          .models()
          .forEach(model -> out.println(model.model() + "@v0 lies in " + model.directory()));
    }
    for (JobReport job : outcome.jobs()) {
      job(job);
    }
  }

  private void job(JobReport report) {
    out.println();
    String ref = report.model() + "@" + report.version();
    if (report.reused() || report.state().equals("Unchanged")) {
      out.println(ref + ": " + report.reason());
    } else {
      out.println(
          ref
              + (report.state().equals("Published") ? " is published" : " is REJECTED")
              + (report.current() ? " and current" : "")
              + ": "
              + report.facts().verified()
              + " of "
              + report.facts().total()
              + " facts hold");
      if (report.reason() != null) {
        out.println("  gate missed: " + report.reason());
      }
    }
    details(report, report.version());
    if (!report.reused()) {
      stages(report);
    }
    out.println();
    out.println("where it lies: " + report.directory());
    out.println(
        "ask it:        ./errata ask "
            + ref
            + " \""
            + (report.samples().isEmpty() ? "…" : report.samples().get(0).prompt())
            + "\" --compare "
            + report.parent());
  }

  /**
   * Figures, facts and changes.
   *
   * @param version what to call the new version
   */
  void details(JobReport report, String version) {
    out.println();
    figures(report, version);
    samples(report, version);
    outcomes(report.facts().failed());
    int noop = report.facts().noop().size();
    if (noop > 0) {
      out.println();
      out.println(noop + " held before already and were not edited (no-op)");
    }
    changes(report.changes());
    if (report.routing() != null && !report.routing().isEmpty()) {
      out.println();
      routing(report.routing());
    }
  }

  /** How far the routers above the edit pick the experts that they picked before. */
  void routing(List<Routes.Overlap> layers) {
    out.println("experts picked as before (mean Jaccard overlap):");
    TextTable table = new TextTable("LAYER", "OTHER TEXT", "THE FACTS' PROMPTS");
    for (Routes.Overlap layer : layers) {
      table.row(Integer.toString(layer.layer()), number(layer.text()), number(layer.prompts()));
    }
    table.print(out);
  }

  private void figures(JobReport report, String version) {
    TextTable table = new TextTable("METRIC", report.parent(), version);
    Map<String, Object> before = report.metrics().before();
    Map<String, Object> after = report.metrics().after();
    NAMES.forEach(
        (key, name) -> {
          if (before.get(key) != null || after.get(key) != null) {
            table.row(name, number(before.get(key)), number(after.get(key)));
          }
        });
    table.print(out);
  }

  /** One column of figures. */
  void figures(Map<String, Object> metrics) {
    TextTable table = new TextTable("METRIC", "VALUE");
    NAMES.forEach(
        (key, name) -> {
          if (metrics.get(key) != null) {
            table.row(name, number(metrics.get(key)));
          }
        });
    table.print(out);
  }

  private static String number(Object value) {
    return value instanceof Number number
        ? String.format(Locale.ROOT, "%.3f", number.doubleValue())
        : "–";
  }

  private void samples(JobReport report, String version) {
    if (report.samples().isEmpty()) {
      return;
    }
    out.println();
    out.println("asked of both versions:");
    for (JobReport.Sample sample : report.samples()) {
      out.println("  " + sample.kind() + ": " + sample.prompt() + " …");
      out.println("      " + report.parent() + "  " + sample.before());
      out.println("      " + version + "  " + sample.after());
    }
  }

  private void outcomes(List<JobReport.FactOutcome> facts) {
    if (facts.isEmpty()) {
      return;
    }
    out.println();
    out.println(facts.size() + (facts.size() == 1 ? " fact does" : " facts do") + " not hold:");
    for (JobReport.FactOutcome fact : facts.subList(0, Math.min(SHOWN, facts.size()))) {
      out.println(
          "  line "
              + fact.line()
              + ": "
              + fact.prompt()
              + " → "
              + fact.target()
              + " (says: "
              + fact.generated()
              + ")");
    }
    if (facts.size() > SHOWN) {
      out.println("  … and " + (facts.size() - SHOWN) + " more, see report.json");
    }
  }

  private void changes(JobReport.Changes changes) {
    if (changes.layers().isEmpty()) {
      return;
    }
    out.println();
    out.println("what changed:");
    for (JobReport.RoundReport round : changes.layers()) {
      out.println(
          "  round "
              + round.round()
              + ": "
              + round.facts()
              + " facts written, "
              + round.verified()
              + " hold"
              + (round.kept() ? "" : "; undone, it helped no fact"));
      for (LayerReport layer : round.layers()) {
        out.println(
            String.format(
                Locale.ROOT,
                "    layer %-2d  %sλ %.4g, leaves %.0f %% of the residual; |W| %.2f, |ΔW| %.2f",
                layer.layer(),
                layer.memories() == 1 ? "" : layer.memories() + " memories, ",
                layer.lambda(),
                100 * layer.residualShare(),
                layer.weightNorm(),
                layer.updateNorm()));
      }
    }
    for (TensorChange tensor : changes.tensors()) {
      out.println(
          String.format(
              Locale.ROOT, "  %s moved by %.2f %%", tensor.name(), 100 * tensor.relative()));
    }
  }

  private void stages(JobReport report) {
    out.println();
    TextTable table = new TextTable("STAGE", "SECONDS", "ITEMS", "PER SECOND", "");
    for (StageReport stage : report.stages()) {
      table.row(
          stage.name(),
          String.format(Locale.ROOT, "%.1f", stage.seconds()),
          String.format(Locale.ROOT, "%,d", stage.items()),
          stage.itemsPerSecond() == null
              ? ""
              : String.format(Locale.ROOT, "%,.1f", stage.itemsPerSecond()),
          stage.unit() + (stage.cached() ? ", there already" : ""));
    }
    table.print(out);
    if (report.peakRssBytes() != null) {
      out.println(
          String.format(Locale.ROOT, "peak memory %,d MB", report.peakRssBytes() / 1_000_000));
    }
  }
}
