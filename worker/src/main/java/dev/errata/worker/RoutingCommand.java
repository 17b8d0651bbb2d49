package dev.errata.worker;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.evaluate.Routes;
import dev.errata.editing.evaluate.RoutingPlot;
import dev.errata.editing.pipeline.JobReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code errata routing}. */
@Command(
    name = "routing",
    description =
        "Tells how far a version of a mixture of experts routes as its parent does; writes"
            + " routing.json and routing.png.")
final class RoutingCommand extends Reporting {
  @Parameters(paramLabel = "NAME@vN", description = "The version.")
  private String reference;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Where the files go; made when it is missing.")
  private Path directory;

  /**
   * What is written.
   *
   * @param parent the version that it is compared with
   * @param layers mean Jaccard overlap of the picked experts, for each layer above the edit
   */
  record Document(String model, String version, String parent, List<Routes.Overlap> layers) {}

  @Override
  public Integer call() {
    Version version = store().version(reference);
    String ref = version.manifest().ref();
    JobReport report =
        version.report().isEmpty()
            ? null
            : new ObjectMapper().convertValue(version.report(), JobReport.class);
    if (report == null || report.routing() == null || report.routing().isEmpty()) {
      throw new InputException(
          ref
              + ": no routing was measured: "
              + (report == null
                  ? "it was imported, not edited; name an edited version"
                  : "no layer above its edit has a router, or spec.evaluation.suites lacks"
                      + " Routing"));
    }
    Document document =
        new Document(
            version.manifest().model(),
            "v" + version.manifest().version(),
            report.parent(),
            report.routing());
    write(document, ref + " against " + report.parent());
    report(
        document,
        out -> {
          new ReportText(out).routing(document.layers());
          out.println(directory.resolve("routing.json") + ", " + directory.resolve("routing.png"));
        });
    return ExitCode.DONE;
  }

  private void write(Document document, String title) {
    try {
      Files.createDirectories(directory);
      StorageFiles.write(directory.resolve("routing.json"), toJson(document) + "\n");
    } catch (IOException e) {
      throw IoProblems.of(directory, e);
    }
    RoutingPlot.write(directory.resolve("routing.png"), document.layers(), title);
  }
}
