package dev.errata.editing.checkpoint.store;

import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.StorageFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A lock that ends with its owner: a lock of the operating system on a file, and beside it a file
 * that tells who the owner is.
 */
final class OwnerLock implements AutoCloseable {
  /** The system's locks belong to the process and vanish when it closes any channel of the file. */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;
  private final boolean temporary;

  private OwnerLock(Path file, FileChannel channel, boolean temporary) {
    this.file = file;
    this.channel = channel;
    this.temporary = temporary;
  }

  /**
   * Takes a lock unless somebody else holds it.
   *
   * @param file the file to lock; created when missing, its directory must exist
   * @param temporary whether the file is deleted when the lock is released
   */
  static Optional<OwnerLock> tryAcquire(Path file, boolean temporary) throws IOException {
    Path key = file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName());
    if (!HELD.add(key)) {
      return Optional.empty();
    }
    FileChannel channel = null;
    boolean held = false;
    try {
      channel = FileChannel.open(key, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock system = channel.tryLock();
      // Somebody may have deleted the file between the two calls: then this locks nothing.
      if (system == null || !Files.exists(key)) {
        return Optional.empty();
      }
      StorageFiles.write(ownerFile(key), owner());
      held = true;
      return Optional.of(new OwnerLock(key, channel, temporary));
    } finally {
      if (!held) {
        if (channel != null) {
          channel.close();
        }
        HELD.remove(key);
      }
    }
  }

  /** Who holds, or held last, the lock on this file. */
  static String ownerOf(Path file) {
    try {
      return Files.readString(ownerFile(file));
    } catch (NoSuchFileException e) {
      return "unknown process";
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  private static Path ownerFile(Path file) {
    return file.resolveSibling(file.getFileName() + ".owner");
  }

  /** What a claim says of this process. */
  static String owner() {
    return "process "
        + ProcessHandle.current().pid()
        + " on "
        + System.getenv().getOrDefault("HOSTNAME", "this machine")
        + ", since "
        + Instant.now().truncatedTo(ChronoUnit.SECONDS);
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(ownerFile(file));
      if (temporary) {
        Files.deleteIfExists(file);
      }
      channel.close();
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    } finally {
      HELD.remove(file);
    }
  }
}
