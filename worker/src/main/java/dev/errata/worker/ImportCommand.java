package dev.errata.worker;

import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionStore;
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
    Version version = importInto(store(), name, source);
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("model", name);
    document.put("version", "v0");
    document.put("digest", version.manifest().digest());
    document.put("source", source.toAbsolutePath().normalize().toString());
    document.put("directory", version.directory().toString());
    report(document, out -> out.println(name + "@v0 lies in " + version.directory()));
    return ExitCode.DONE;
  }

  private Version importInto(VersionStore store, String model, Path folder) {
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      checkpoint
          .strayWeights()
          .forEach(w -> err().println("  left out, belongs to no tensor: " + w));
    }
    return store.importModel(model, folder);
  }
}
