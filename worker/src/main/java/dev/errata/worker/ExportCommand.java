package dev.errata.worker;

import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionRef;
import dev.errata.editing.checkpoint.store.VersionStore;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code errata export}. */
@Command(
    name = "export",
    description = "Copies a version out of the store as a plain Hugging Face checkpoint.")
final class ExportCommand extends Reporting {
  @Parameters(paramLabel = "NAME@vN", description = "The version.")
  private String reference;

  @Parameters(paramLabel = "DIR", description = "A folder that is empty or does not exist.")
  private Path target;

  /** What was exported where to. */
  record Document(String model, String version, String directory) {}

  @Override
  public Integer call() {
    VersionStore store = store();
    VersionRef ref = VersionRef.parse(reference);
    Version version = store.version(ref);
    store.export(ref, target);
    String folder = target.toAbsolutePath().normalize().toString();
    var manifest = version.manifest();
    report(
        new Document(manifest.model(), "v" + manifest.version(), folder),
        out -> out.println(manifest.ref() + " was written to " + folder));
    return ExitCode.DONE;
  }
}
