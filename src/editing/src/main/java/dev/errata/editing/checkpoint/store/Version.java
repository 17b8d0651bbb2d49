package dev.errata.editing.checkpoint.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.errata.api.Fact;
import dev.errata.api.facts.FactFormat;
import dev.errata.api.facts.FactReader;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A stored version.
 *
 * @param manifest what it is
 * @param directory where it lies
 */
public record Version(VersionManifest manifest, Path directory) {
  static final String MANIFEST = "version.json";
  static final String CHECKPOINT = "checkpoint";
  static final String DELTA = "delta.safetensors";
  static final String FACTS = "facts.jsonl";
  static final String REPORT = "report.json";
  static final String KEYS = "keys";

  /** The Hugging Face directory; loads as it is. */
  public Path checkpointDirectory() {
    return directory.resolve(CHECKPOINT);
  }

  /** Opens the checkpoint; the caller closes it. */
  public Checkpoint openCheckpoint() {
    return Checkpoint.open(checkpointDirectory());
  }

  /** The new values of the changed tensors; absent for version 0. */
  public Path delta() {
    return directory.resolve(DELTA);
  }

  /** The facts written into this version; empty for version 0. */
  public List<Fact> facts() {
    Path file = directory.resolve(FACTS);
    return Files.exists(file) && manifest.facts() != null && manifest.facts().count() > 0
        ? FactReader.read(file, FactFormat.Jsonl).facts()
        : List.of();
  }

  /**
   * Keys of the facts written into this version, for later jobs to keep; the caller closes them.
   * Empty for version 0.
   */
  public Optional<Checkpoint> openKeys() {
    Path keys = directory.resolve(KEYS);
    return Files.exists(keys) ? Optional.of(Checkpoint.open(keys)) : Optional.empty();
  }

  /** The report of the job that made it; an empty object when there is none. */
  public JsonNode report() {
    Path file = directory.resolve(REPORT);
    return Files.exists(file) ? Json.object(file) : JsonNodeFactory.instance.objectNode();
  }
}
