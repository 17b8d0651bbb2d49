package dev.errata.editing.checkpoint.store;

import dev.errata.editing.checkpoint.StorageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A directory of unfinished work. Each piece has a directory and a lock that ends with its owner,
 * so that what a killed process left behind can be told from what is being made.
 */
record StagingArea(Path root) {
  private static final String LOCK = ".lock";

  /**
   * A piece of work.
   *
   * @param id its name
   * @param directory its files
   * @param lock held while the work goes on
   */
  record Slot(String id, Path directory, OwnerLock lock) implements AutoCloseable {
    /** Ends the work; deletes the directory unless it has been renamed. */
    @Override
    public void close() throws IOException {
      StorageFiles.deleteTree(directory);
      lock.close();
    }
  }

  Slot begin() throws IOException {
    Files.createDirectories(root);
    Optional<OwnerLock> lock;
    String id;
    do {
      id = UUID.randomUUID().toString();
      lock = tryLock(id);
    } while (lock.isEmpty());
    // After the lock: whoever sees the directory sees that it is owned.
    return new Slot(id, Files.createDirectory(root.resolve(id)), lock.get());
  }

  /** Takes over a piece of work whose owner is gone; nothing when it is alive. */
  Optional<OwnerLock> tryLock(String id) throws IOException {
    return OwnerLock.tryAcquire(root.resolve(id + LOCK), true);
  }

  /** Deletes what dead owners left behind. */
  void clean() throws IOException {
    if (!Files.isDirectory(root)) {
      return;
    }
    for (Path entry : entries()) {
      String name = entry.getFileName().toString();
      if (name.endsWith(LOCK)) {
        String id = name.substring(0, name.length() - LOCK.length());
        Optional<OwnerLock> lock = tryLock(id);
        if (lock.isPresent()) {
          StorageFiles.deleteTree(root.resolve(id));
          lock.get().close();
        }
      } else if (Files.isDirectory(entry) && !Files.exists(root.resolve(name + LOCK))) {
        StorageFiles.deleteTree(entry);
      }
    }
  }

  private List<Path> entries() throws IOException {
    try (Stream<Path> entries = Files.list(root)) {
      return entries.toList();
    }
  }
}
