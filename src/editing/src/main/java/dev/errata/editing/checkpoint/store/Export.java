package dev.errata.editing.checkpoint.store;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.StorageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/** Copies a version's checkpoint to a directory, which is there whole or not at all. */
final class Export {
  private Export() {}

  static void of(Version version, Path target) {
    try {
      if (Files.exists(target)) {
        requireEmpty(target);
        StoredFiles.copy(version.checkpointDirectory(), target);
        return;
      }
      Path temporary = StorageFiles.temporary(target.toAbsolutePath());
      try {
        StoredFiles.copy(version.checkpointDirectory(), temporary);
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        StorageFiles.deleteTree(temporary);
      }
    } catch (IOException e) {
      throw IoProblems.of(target, e);
    }
  }

  private static void requireEmpty(Path target) throws IOException {
    if (!Files.isDirectory(target)) {
      throw new InputException(target + ": a file; give a directory to export to");
    }
    try (Stream<Path> entries = Files.list(target)) {
      if (entries.findAny().isPresent()) {
        throw new InputException(target + ": not empty; export to a new or an empty directory");
      }
    }
  }
}
