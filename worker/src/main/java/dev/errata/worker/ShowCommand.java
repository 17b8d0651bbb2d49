package dev.errata.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.pipeline.JobReport;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code errata show}. */
@Command(name = "show", description = "Shows a version: its facts, figures and what changed.")
final class ShowCommand extends Reporting {
  @Parameters(paramLabel = "NAME@vN", description = "The version.")
  private String reference;

  /** A version: its manifest, the report of its job and its folder. */
  record Document(
      String model, String version, String directory, Object manifest, JsonNode report) {}

  @Override
  public Integer call() {
    Version version = store().version(reference);
    var manifest = version.manifest();
    report(
        new Document(
            manifest.model(),
            "v" + manifest.version(),
            version.location(),
            manifest,
            version.report()),
        out -> print(out, version));
    return ExitCode.DONE;
  }

  private static void print(PrintWriter out, Version version) {
    var manifest = version.manifest();
    out.println(manifest.ref() + "  " + manifest.state() + "  " + manifest.createdAt());
    if (manifest.reason() != null) {
      out.println("  " + manifest.reason());
    }
    out.println("  digest     " + manifest.digest());
    out.println("  directory  " + version.location());
    if (manifest.parent() == null) {
      out.println("  imported; no edits");
      return;
    }
    out.println(
        "  made from  v"
            + manifest.parent()
            + " by "
            + manifest.method()
            + ", seed "
            + manifest.seed());
    out.println("  settings   " + manifest.settings());
    if (!version.report().isEmpty()) {
      JobReport report = new ObjectMapper().convertValue(version.report(), JobReport.class);
      new ReportText(out).details(report, "v" + manifest.version());
    }
  }
}
