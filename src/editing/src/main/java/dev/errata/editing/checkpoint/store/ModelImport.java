package dev.errata.editing.checkpoint.store;

import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.ContentDigest;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.checkpoint.store.VersionManifest.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes version 0 of a new model from a checkpoint directory: a copy, since sources change. */
record ModelImport(Layout layout, Origin origin) {
  /** The caller has seen that the name is free; whoever renames first has it. */
  void run(String name, Checkpoint source, String from) {
    source.requireFinite();
    StagingArea area = new StagingArea(layout.imports());
    try (StagingArea.Slot slot = area.begin()) {
      StoredFiles.requireSpace(layout.root(), bytes(source));
      Path version =
          Files.createDirectories(slot.directory().resolve(Layout.VERSIONS).resolve("v0"));
      Path checkpoint = Files.createDirectory(version.resolve(Version.CHECKPOINT));
      CheckpointWriter.writeInto(source, checkpoint, Set.of(), n -> null, StorageFiles.Reuse.COPY);
      String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
      Model model = new Model(Model.SCHEMA, name, from, 0, now);
      StorageFiles.write(slot.directory().resolve("model.json"), Layout.bytes(model));
      origin.create(model, manifest(name, version, checkpoint, now), slot);
    } catch (IOException e) {
      throw IoProblems.of(layout.root(), e);
    }
  }

  static ConflictException taken(String name) {
    return new ConflictException("model '" + name + "' was imported by another run meanwhile");
  }

  private static VersionManifest manifest(String name, Path version, Path checkpoint, String now)
      throws IOException {
    ContentDigest digest;
    try (Checkpoint copy = Checkpoint.open(checkpoint)) {
      digest = copy.contentDigest();
    }
    return new VersionManifest(
        VersionManifest.SCHEMA,
        name,
        0,
        null,
        null,
        State.Published,
        null,
        digest.root(),
        null,
        null,
        null,
        null,
        null,
        null,
        List.of(),
        now,
        StoredFiles.describe(version, Map.of()),
        digest.tensors());
  }

  private static long bytes(Checkpoint source) throws IOException {
    long bytes = source.tensorNames().stream().mapToLong(n -> source.tensor(n).bytes()).sum();
    for (Path other : source.otherFiles()) {
      bytes += Files.size(source.directory().resolve(other));
    }
    return bytes;
  }
}
