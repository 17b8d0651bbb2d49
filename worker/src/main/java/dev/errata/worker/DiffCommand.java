package dev.errata.worker;

import dev.errata.api.Fact;
import dev.errata.editing.checkpoint.store.TensorChange;
import dev.errata.editing.checkpoint.store.VersionDiff;
import dev.errata.editing.checkpoint.store.VersionRef;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code errata diff}. */
@Command(name = "diff", description = "Tells what changed between two versions of a model.")
final class DiffCommand extends Reporting {
  @Parameters(paramLabel = "NAME@vN", description = "The version before.")
  private String from;

  @Parameters(paramLabel = "NAME@vM", description = "The version after.")
  private String to;

  /** The difference. */
  record Document(
      String model,
      String from,
      String to,
      List<TensorChange> tensors,
      List<VersionDiff.FactsOf> added,
      List<VersionDiff.FactsOf> removed) {}

  @Override
  public Integer call() {
    VersionDiff diff = store().diff(VersionRef.parse(from), VersionRef.parse(to));
    report(
        new Document(
            diff.from().model(),
            "v" + diff.from().version(),
            "v" + diff.to().version(),
            diff.tensors(),
            diff.added(),
            diff.removed()),
        out -> {
          if (diff.tensors().isEmpty()) {
            out.println("no tensor differs");
          } else {
            TextTable table = new TextTable("TENSOR", "CHANGE", "RELATIVE", "VALUES");
            for (TensorChange change : diff.tensors()) {
              table.row(
                  change.name(),
                  String.format(Locale.ROOT, "%.4g", change.norm()),
                  String.format(Locale.ROOT, "%.2f %%", 100 * change.relative()),
                  String.format(Locale.ROOT, "%,d of %,d", change.values(), change.of()));
            }
            table.print(out);
          }
          diff.added().forEach(facts -> print(out, "+", facts));
          diff.removed().forEach(facts -> print(out, "-", facts));
        });
    return ExitCode.DONE;
  }

  private static void print(java.io.PrintWriter out, String sign, VersionDiff.FactsOf facts) {
    out.println();
    out.println("facts of v" + facts.version() + ": " + facts.facts().size());
    for (Fact fact : facts.facts()) {
      out.println(sign + " " + fact.filled() + " → " + fact.target());
    }
  }
}
