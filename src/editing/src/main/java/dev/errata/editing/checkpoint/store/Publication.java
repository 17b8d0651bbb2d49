package dev.errata.editing.checkpoint.store;

import dev.errata.editing.checkpoint.StorageFiles;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.stream.Stream;

/**
 * The way of a finished directory to a numbered version: renamed to the next free number, which
 * only one can get, and then given its manifest, with which the version exists.
 */
record Publication(Layout layout, String model, StagingArea.Slot slot) {
  Version publish(IntFunction<VersionManifest> manifestOf) throws IOException {
    Path versions = Files.createDirectories(layout.versions(model));
    StorageFiles.makeReadOnly(slot.directory());
    StorageFiles.syncDirectory(slot.directory());
    int number = nextNumber(versions);
    while (!take(layout.version(model, number))) {
      number++;
    }
    StorageFiles.syncDirectory(versions);
    Path directory = layout.version(model, number);
    VersionManifest manifest = manifestOf.apply(number);
    writeManifest(directory, manifest);
    Files.delete(directory.resolve(StoredFiles.MARKER));
    return new Version(manifest, directory);
  }

  static void writeManifest(Path directory, VersionManifest manifest) throws IOException {
    Path file = directory.resolve(Version.MANIFEST);
    StorageFiles.createExclusively(file, Layout.bytes(manifest));
    StorageFiles.makeReadOnly(file);
  }

  private boolean take(Path target) throws IOException {
    if (Files.exists(target)) {
      return false;
    }
    try {
      Files.move(slot.directory(), target, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (FileSystemException e) {
      if (Files.exists(target)) {
        return false;
      }
      throw e;
    }
  }

  private static int nextNumber(Path versions) throws IOException {
    return 1 + numbers(versions).stream().mapToInt(Integer::intValue).max().orElse(-1);
  }

  /** Numbers of the directories, whether their versions exist yet or not. */
  static List<Integer> numbers(Path versions) throws IOException {
    if (!Files.isDirectory(versions)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(versions)) {
      return entries
          .map(entry -> Layout.VERSION_DIRECTORY.matcher(entry.getFileName().toString()))
          .filter(Matcher::matches)
          .map(name -> Integer.valueOf(name.group(1)))
          .sorted()
          .toList();
    }
  }

  /** Deletes what killed publications and stagings of a model left behind. */
  static void clean(Layout layout, String model) throws IOException {
    StagingArea area = new StagingArea(layout.staging(model));
    Files.createDirectories(area.root());
    for (int number : numbers(layout.versions(model))) {
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
