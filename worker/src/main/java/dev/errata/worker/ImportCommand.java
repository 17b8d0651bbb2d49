package dev.errata.worker;

import dev.errata.editing.checkpoint.store.Version;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code errata import}. */
@Command(
    name = "import",
    description = "Copies a Hugging Face checkpoint into the store as version 0 of a model.")
final class ImportCommand extends Reporting {
  @Parameters(paramLabel = "NAME", description = "Name of the model.")
  private String name;

  @Parameters(paramLabel = "SOURCE", description = "Folder of the checkpoint.")
  private Path source;

  @Override
  public Integer call() {
    Version version = Imports.run(store(), name, source, note -> err().println("  " + note));
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("model", name);
    document.put("version", "v0");
    document.put("digest", version.manifest().digest());
    document.put("source", source.toAbsolutePath().normalize().toString());
    document.put("directory", version.location());
    report(document, out -> out.println(name + "@v0 lies in " + version.location()));
    return ExitCode.DONE;
  }
}
