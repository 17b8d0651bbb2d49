package dev.errata.worker;

import dev.errata.editing.checkpoint.store.Model;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionManifest.StoredFile;
import dev.errata.editing.checkpoint.store.VersionRef;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.statistics.MomentCache;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code errata verify}. */
@Command(
    name = "verify",
    description = "Reads versions again and compares every file with what was published.")
final class VerifyCommand extends Reporting {
  @Parameters(
      paramLabel = "NAME[@vN]",
      arity = "0..*",
      description = "Models or versions (default: everything, kept statistics too).")
  private List<String> references = List.of();

  /** A version and what is wrong with it. */
  record Row(String version, int files, long bytes, List<String> problems) {}

  /** Everything that was read; statistics are counted when the whole store was. */
  record Document(
      String store, boolean ok, List<Row> versions, int statistics, List<String> problems) {}

  @Override
  public Integer call() {
    VersionStore store = store();
    List<Version> versions = versions(store);
    List<Row> rows = new ArrayList<>();
    try (TerminalProgress progress = progress()) {
      progress.stage("verify", "versions");
      for (Version version : versions) {
        rows.add(row(store, version));
        progress.advance(rows.size(), versions.size());
      }
    }
    Map<String, String> kept =
        references.isEmpty() ? MomentCache.verify(store.statisticsCache()) : Map.of();
    List<String> spoilt = kept.values().stream().filter(Objects::nonNull).toList();
    boolean ok = spoilt.isEmpty() && rows.stream().allMatch(row -> row.problems().isEmpty());
    report(
        new Document(store.location(), ok, rows, kept.size(), spoilt),
        out -> {
          TextTable table = new TextTable("VERSION", "FILES", "BYTES", "");
          for (Row row : rows) {
            table.row(
                row.version(),
                String.valueOf(row.files()),
                String.format(java.util.Locale.ROOT, "%,d", row.bytes()),
                row.problems().isEmpty() ? "as published" : "SPOILT");
          }
          table.print(out);
          rows.forEach(row -> row.problems().forEach(out::println));
          spoilt.forEach(p -> out.println(p + "; the next job that needs it makes it again"));
        });
    return ok ? ExitCode.DONE : ExitCode.CONFLICT;
  }

  private List<Version> versions(VersionStore store) {
    List<Version> versions = new ArrayList<>();
    if (references.isEmpty()) {
      for (Model model : store.models()) {
        versions.addAll(store.versions(model.name()));
      }
    }
    for (String reference : references) {
      if (reference.contains("@")) {
        versions.add(store.version(reference));
      } else {
        versions.addAll(store.versions(reference));
      }
    }
    return versions;
  }

  private static Row row(VersionStore store, Version version) {
    var manifest = version.manifest();
    List<String> problems = store.verify(VersionRef.of(manifest.model(), manifest.version()));
    long bytes = manifest.files().stream().mapToLong(StoredFile::size).sum();
    return new Row(manifest.ref(), manifest.files().size(), bytes, problems);
  }
}
