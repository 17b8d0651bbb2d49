package dev.errata.editing.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/** File operations that leave either the old state or the new one, never half of it. */
public final class StorageFiles {
  private static final boolean POSIX =
      !System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("windows");

  private static final Set<PosixFilePermission> WRITE =
      EnumSet.of(
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_WRITE);

  private StorageFiles() {}

  /** How a file comes into another directory. */
  public enum Reuse {
    /** One file with two names; a copy where the file system cannot. Only within a store. */
    HARD_LINK,
    /** An independent file. */
    COPY
  }

  /** A name beside a path, for work that is renamed to it when complete. */
  public static Path temporary(Path target) {
    return target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
  }

  /** Replaces a file's content atomically. */
  public static void write(Path file, byte[] content) throws IOException {
    Path temporary = temporary(file);
    try {
      writeNew(temporary, content);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      syncDirectory(file.toAbsolutePath().getParent());
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Replaces a file's content atomically with a text in UTF-8. */
  public static void write(Path file, String content) throws IOException {
    write(file, content.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Creates a file with its whole content, or fails when the name is taken: of two callers exactly
   * one wins, and nobody ever sees a part of the content.
   *
   * @throws FileAlreadyExistsException when the file exists
   */
  public static void createExclusively(Path file, byte[] content) throws IOException {
    Path temporary = temporary(file);
    try {
      writeNew(temporary, content);
      // A rename would replace the other's file; a link fails when the name is taken.
      Files.createLink(file, temporary);
      syncDirectory(file.toAbsolutePath().getParent());
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (UnsupportedOperationException | IOException e) {
      // A file system without links: still exclusive, though not all at once.
      writeNew(file, content);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void writeNew(Path file, byte[] content) throws IOException {
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      writeFully(out, ByteBuffer.wrap(content));
      out.force(true);
    }
  }

  static void writeFully(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  /** Brings a file to a new place; the target must not exist. */
  public static void bring(Path source, Path target, Reuse reuse) throws IOException {
    Files.createDirectories(target.getParent());
    if (reuse == Reuse.HARD_LINK) {
      try {
        Files.createLink(target, source.toRealPath());
        return;
      } catch (FileAlreadyExistsException e) {
        throw e;
      } catch (UnsupportedOperationException | IOException e) {
        // Another file system, too many links, or one without links: a copy is as good.
        Files.deleteIfExists(target);
      }
    }
    copy(source, target);
  }

  /** Copies a file's content, durably. */
  public static void copy(Path source, Path target) throws IOException {
    try (FileChannel in = FileChannel.open(source, StandardOpenOption.READ);
        FileChannel out =
            FileChannel.open(target, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      long size = in.size();
      long done = 0;
      while (done < size) {
        long moved = in.transferTo(done, size - done, out);
        if (moved <= 0) {
          throw new IOException(source + " shrank while it was copied");
        }
        done += moved;
      }
      out.force(true);
    }
  }

  /** Makes the names in a directory durable. */
  public static void syncDirectory(Path directory) throws IOException {
    if (POSIX) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  /** Takes the right to write from every file below a directory, where the file system has such. */
  public static void makeReadOnly(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        PosixFileAttributeView view =
            Files.getFileAttributeView(file, PosixFileAttributeView.class);
        if (view != null) {
          Set<PosixFilePermission> rights = view.readAttributes().permissions();
          rights.removeAll(WRITE);
          view.setPermissions(rights);
        }
      }
    }
  }

  /** Deletes a directory with all that is in it; nothing happens when there is none. */
  public static void deleteTree(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, IOException error)
              throws IOException {
            if (error != null) {
              throw error;
            }
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
