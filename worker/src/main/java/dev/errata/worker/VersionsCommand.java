package dev.errata.worker;

import dev.errata.editing.checkpoint.store.VersionManifest;
import dev.errata.editing.checkpoint.store.VersionStore;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code errata versions}. */
@Command(name = "versions", description = "Lists the versions of a model.")
final class VersionsCommand extends Reporting {
  @Parameters(paramLabel = "NAME", description = "Name of the model.")
  private String name;

  /** A version. */
  record Row(
      String version,
      String state,
      String reason,
      String parent,
      int facts,
      String method,
      boolean current,
      String createdAt,
      String digest) {}

  /** All versions of a model. */
  record Document(String model, String current, List<Row> versions) {}

  @Override
  public Integer call() {
    VersionStore store = store();
    int current = store.model(name).current();
    List<Row> rows =
        store.versions(name).stream().map(version -> row(version.manifest(), current)).toList();
    report(
        new Document(name, "v" + current, rows),
        out -> {
          TextTable table =
              new TextTable("VERSION", "STATE", "FROM", "FACTS", "METHOD", "CREATED", "");
          for (Row row : rows) {
            table.row(
                row.version(),
                row.state(),
                row.parent() == null ? "" : row.parent(),
                String.valueOf(row.facts()),
                row.method() == null ? "import" : row.method(),
                row.createdAt(),
                row.current() ? "current" : row.reason() == null ? "" : row.reason());
          }
          table.print(out);
        });
    return ExitCode.DONE;
  }

  private static Row row(VersionManifest version, int current) {
    return new Row(
        "v" + version.version(),
        version.state().name(),
        version.reason(),
        version.parent() == null ? null : "v" + version.parent(),
        version.facts() == null ? 0 : version.facts().count(),
        version.method(),
        version.version() == current,
        version.createdAt(),
        version.digest());
  }
}
