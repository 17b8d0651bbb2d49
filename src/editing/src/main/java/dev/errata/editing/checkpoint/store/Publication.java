package dev.errata.editing.checkpoint.store;

import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.checkpoint.store.VersionManifest.StoredFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * The way of a finished directory to a numbered version: it claims the next free number, which only
 * one can get, its files are put there, and then it is given its manifest, with which the version
 * exists.
 */
record Publication(Origin origin, Version parent, StagingArea.Slot slot) {
  Version publish(List<StoredFile> files, IntFunction<VersionManifest> manifestOf)
      throws IOException {
    String model = parent.manifest().model();
    StorageFiles.makeReadOnly(slot.directory());
    StorageFiles.syncDirectory(slot.directory());
    int number = 1 + origin.numbers(model).stream().mapToInt(n -> n).max().orElse(-1);
    while (true) {
      while (!origin.claim(model, number, slot)) {
        number++;
      }
      origin.fill(model, number, slot, files, parent);
      VersionManifest manifest = manifestOf.apply(number);
      if (origin.seal(manifest)) {
        origin.settle(manifest, slot);
        return parent.sibling(manifest);
      }
      number++;
    }
  }

  /** Deletes what killed publications and stagings of a model left behind. */
  static void clean(Layout layout, String model) throws IOException {
    StagingArea area = new StagingArea(layout.staging(model));
    Files.createDirectories(area.root());
    for (int number : Layout.numbers(layout.versions(model))) {
      Path directory = layout.version(model, number);
      Optional<OwnerLock> lock = deadOwner(area, directory.resolve(StoredFiles.MARKER));
      if (lock.isPresent()) {
        // Looked at under the lock only: the publication may have ended well before it.
        if (Files.exists(directory.resolve(Version.MANIFEST))) {
          Files.deleteIfExists(directory.resolve(StoredFiles.MARKER));
        } else {
          StorageFiles.deleteTree(directory);
        }
        lock.get().close();
      }
    }
    area.clean();
  }

  private static Optional<OwnerLock> deadOwner(StagingArea area, Path marker) throws IOException {
    try {
      return Files.exists(marker) ? area.tryLock(Files.readString(marker)) : Optional.empty();
    } catch (NoSuchFileException e) {
      // Its owner ended in between, as it should.
      return Optional.empty();
    }
  }
}
