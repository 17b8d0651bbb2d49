package dev.errata.editing.checkpoint.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.facts.FactFormat;
import dev.errata.api.facts.FactReader;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Json;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.store.VersionManifest.StoredFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A stored version.
 *
 * @param manifest what it is
 * @param directory where it lies, or is mirrored; what these methods give is there
 * @param origin where the store's truth lies
 */
public record Version(VersionManifest manifest, Path directory, Origin origin) {
  static final String MANIFEST = "version.json";
  static final String CHECKPOINT = "checkpoint";
  static final String DELTA = "delta.safetensors";
  static final String FACTS = "facts.jsonl";
  static final String REPORT = "report.json";
  static final String KEYS = "keys";

  /** Another version of the same model, in the same store. */
  Version sibling(VersionManifest other) {
    return new Version(other, directory.resolveSibling("v" + other.version()), origin);
  }

  /** Where people find it: a directory, or an address in a bucket. */
  public String location() {
    return origin.location(directory);
  }

  private Path here(String path) {
    origin.bring(this, path);
    return directory.resolve(path);
  }

  /** The Hugging Face directory; loads as it is. */
  public Path checkpointDirectory() {
    return here(CHECKPOINT);
  }

  /** Opens the checkpoint; the caller closes it. */
  public Checkpoint openCheckpoint() {
    return Checkpoint.open(checkpointDirectory());
  }

  /** The new values of the changed tensors; absent for version 0. */
  public Path delta() {
    return here(DELTA);
  }

  /** The facts written into this version; empty for version 0. */
  public List<Fact> facts() {
    Path file = here(FACTS);
    return Files.exists(file) && manifest.facts() != null && manifest.facts().count() > 0
        ? FactReader.read(file, FactFormat.Jsonl).facts()
        : List.of();
  }

  /** The file of the facts written into this version, as it was published; empty for version 0. */
  public Optional<Path> factsFile() {
    return published(FACTS);
  }

  /** The file of the report of the job that made it, as it was published; empty for version 0. */
  public Optional<Path> reportFile() {
    return published(REPORT);
  }

  private Optional<Path> published(String path) {
    for (StoredFile stored : manifest.files()) {
      if (stored.path().equals(path)) {
        Path file = here(path);
        if (!Files.exists(file) || !Sha256.ofFile(file).equals(stored.sha256())) {
          throw new InputException(
              file + ": its content is not what was published; restore it from a backup");
        }
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }

  /**
   * Keys of the facts written into this version, for later jobs to keep; the caller closes them.
   * Empty for version 0.
   */
  public Optional<Checkpoint> openKeys() {
    Path keys = here(KEYS);
    return Files.exists(keys) ? Optional.of(Checkpoint.open(keys)) : Optional.empty();
  }

  /** The report of the job that made it; an empty object when there is none. */
  public JsonNode report() {
    Path file = here(REPORT);
    return Files.exists(file) ? Json.object(file) : JsonNodeFactory.instance.objectNode();
  }
}
