package dev.errata.editing.checkpoint;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import software.amazon.awssdk.core.exception.SdkServiceException;
import software.amazon.nio.spi.s3.S3OpenOption;

/**
 * What an object store can do, atomically each: read, create unless it is there, replace what was
 * read, copy, list, delete. Every method throws {@link dev.errata.api.InputException} with one
 * clear line when the endpoint refuses, fails or does not answer.
 */
public final class RemoteObjects {
  private static final int PRECONDITION_FAILED = 412;
  private static final int CONFLICT = 409;
  private static final int REPLACEMENTS = 50;
  private static final int BUFFER = 1 << 20;

  private RemoteObjects() {}

  /**
   * An object below a directory.
   *
   * @param path relative to the directory, with {@code /} between its parts
   * @param size in bytes
   * @param modified when it was put
   */
  public record Entry(String path, long size, Instant modified) {}

  /** An object's content; empty when there is none of this name. */
  public static Optional<byte[]> read(Path file) {
    return Patience.call(file, 0, () -> content(file));
  }

  /** Reads in several requests: what was replaced in between is read again. */
  private static Optional<byte[]> content(Path file) throws IOException {
    for (int attempt = 0; ; attempt++) {
      try {
        Object before = tag(file);
        byte[] bytes = Files.readAllBytes(file);
        if (Objects.equals(before, tag(file))) {
          return Optional.of(bytes);
        }
      } catch (NoSuchFileException e) {
        return Optional.empty();
      } catch (IOException e) {
        // The client itself asks for the parts of one object.
        if (!refused(e) || attempt == REPLACEMENTS) {
          throw e;
        }
      }
    }
  }

  private static Object tag(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  /**
   * Creates an object unless there is one of this name: of several callers one wins.
   *
   * @return whether it is this caller's
   */
  public static boolean create(Path file, byte[] content) {
    return Patience.call(
        file,
        content.length,
        () -> {
          try {
            createExclusively(file, content);
            return true;
          } catch (FileAlreadyExistsException e) {
            // An answer that was lost makes the client ask again, and find its own object.
            return Arrays.equals(content, content(file).orElse(null));
          }
        });
  }

  /** A conditional PUT ({@code If-None-Match: *}). */
  static void createExclusively(Path file, byte[] content) throws IOException {
    try {
      put(
          file,
          content,
          StandardOpenOption.WRITE,
          StandardOpenOption.CREATE,
          S3OpenOption.assumeObjectNotExists());
    } catch (IOException e) {
      if (refused(e)) {
        throw (IOException) new FileAlreadyExistsException(file.toUri().toString()).initCause(e);
      }
      throw e;
    }
  }

  private static void put(Path file, byte[] content, OpenOption... how) throws IOException {
    SeekableByteChannel channel = Files.newByteChannel(file, Set.of(how));
    channel.write(ByteBuffer.wrap(content));
    // The object is put when the channel closes.
    channel.close();
  }

  /**
   * Replaces an object's content by what an operator makes of it, and does so again when somebody
   * else has replaced it meanwhile ({@code If-Match}).
   *
   * @return the content that is there now
   * @throws dev.errata.api.InputException when there is no such object
   */
  public static byte[] replace(Path file, UnaryOperator<byte[]> change) {
    return Patience.call(file, 0, () -> replaced(file, change));
  }

  private static byte[] replaced(Path file, UnaryOperator<byte[]> change) throws IOException {
    for (int attempt = 0; ; attempt++) {
      byte[] seen = content(file).orElseThrow(() -> new NoSuchFileException(file.toString()));
      if (Arrays.equals(seen, change.apply(seen))) {
        return seen;
      }
      try {
        return replaceOnce(file, change);
      } catch (IOException e) {
        if (!refused(e) || attempt == REPLACEMENTS) {
          throw e;
        }
      }
    }
  }

  private static byte[] replaceOnce(Path file, UnaryOperator<byte[]> change) throws IOException {
    // Opening takes the object's tag; what is read after that is this object or a newer one, and
    // for a newer one the condition fails.
    Set<OpenOption> options =
        Set.of(
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING,
            S3OpenOption.preventConcurrentOverwrite());
    SeekableByteChannel channel = Files.newByteChannel(file, options);
    byte[] wanted =
        change.apply(content(file).orElseThrow(() -> new NoSuchFileException(file.toString())));
    channel.write(ByteBuffer.wrap(wanted));
    channel.close();
    return wanted;
  }

  private static boolean refused(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof SdkServiceException service) {
        return service.statusCode() == PRECONDITION_FAILED || service.statusCode() == CONFLICT;
      }
    }
    return false;
  }

  /** Puts a local file's content, whatever was there. */
  public static void upload(Path local, Path file) throws IOException {
    Patience.call(
        file,
        Files.size(local),
        () -> {
          try (OutputStream out = Files.newOutputStream(file)) {
            Files.copy(local, out);
          }
          return null;
        });
  }

  /** Fetches an object into a new local file. */
  public static void download(Path file, Path local) {
    long size = Patience.call(file, 0, () -> Files.size(file));
    Patience.call(
        file,
        size,
        () -> {
          try (InputStream in = Files.newInputStream(file)) {
            return Files.copy(in, local);
          }
        });
  }

  /** Opens an object; every read waits no longer than any other call. The caller closes it. */
  static InputStream open(Path file) {
    InputStream in = Patience.call(file, 0, () -> Files.newInputStream(file));
    return new BufferedInputStream(
        new FilterInputStream(in) {
          @Override
          public int read(byte[] target, int from, int length) {
            return Patience.call(file, length, () -> in.read(target, from, length));
          }
        },
        BUFFER);
  }

  /** The SHA-256 of an object's content, read from the store. */
  public static String sha256(Path file, long size) {
    return Patience.call(
        file,
        size,
        () -> {
          try (InputStream in = Files.newInputStream(file)) {
            return Sha256.ofStream(in);
          }
        });
  }

  /** Copies an object on the side of the store; no bytes travel here. */
  public static void copy(Path source, Path target, long size) {
    Patience.call(
        target, size, () -> Files.copy(source, target, StandardCopyOption.REPLACE_EXISTING));
  }

  /** Deletes an object; nothing happens when there is none. */
  public static void delete(Path file) {
    Patience.call(
        file,
        0,
        () -> {
          Files.delete(file);
          return null;
        });
  }

  /** Names in a directory, sorted; those of directories end with {@code /}. */
  public static List<String> names(Path directory) {
    return Patience.call(directory, 0, () -> list(directory));
  }

  private static List<String> list(Path directory) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder(directory))) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        boolean isFolder = entry.toString().endsWith("/") && !name.endsWith("/");
        names.add(isFolder ? name + "/" : name);
      }
    }
    names.sort(null);
    return names;
  }

  /** A name is a directory's for S3 when it ends with a slash. */
  private static Path folder(Path directory) {
    String name = directory.toString();
    return name.endsWith("/") ? directory : directory.getFileSystem().getPath(name + "/");
  }

  /** All objects below a directory, sorted by path. */
  public static List<Entry> tree(Path directory) {
    List<Entry> found = new ArrayList<>();
    collect(directory, "", found);
    found.sort(Comparator.comparing(Entry::path));
    return found;
  }

  private static void collect(Path directory, String prefix, List<Entry> found) {
    for (String name : names(directory)) {
      Path path = directory.resolve(name);
      if (name.endsWith("/")) {
        collect(path, prefix + name, found);
      } else {
        BasicFileAttributes is =
            Patience.call(path, 0, () -> Files.readAttributes(path, BasicFileAttributes.class));
        found.add(new Entry(prefix + name, is.size(), is.lastModifiedTime().toInstant()));
      }
    }
  }
}
