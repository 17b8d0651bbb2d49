package dev.errata.editing.checkpoint;

import dev.errata.api.Locations;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Files that lie on an object store. They cannot be mapped into memory: what is mapped is a copy in
 * a local cache, named after what the store says of its content and checked by digest at every use.
 */
public final class RemoteFiles {
  private static final String DIGESTS = "sha256.txt";

  private RemoteFiles() {}

  /**
   * Tells the file system of S3 what the tools of AWS are told by {@code AWS_ENDPOINT_URL_S3} or
   * {@code AWS_ENDPOINT_URL}: an endpoint of one's own speaks its own protocol and has its buckets
   * in the path. To be called before the first remote path is used.
   *
   * @param environment the environment, {@link System#getenv()}
   */
  public static void configure(Map<String, String> environment) {
    String endpoint = Locations.endpoint(environment);
    if (!endpoint.isEmpty()) {
      System.setProperty("s3.spi.endpoint-protocol", URI.create(endpoint).getScheme());
      System.setProperty("s3.spi.force-path-style", "true");
    }
  }

  /** Whether a path is of another file system than the machine's own. */
  public static boolean isRemote(Path path) {
    return !path.getFileSystem().equals(FileSystems.getDefault());
  }

  /**
   * The cache of a user: {@code $XDG_CACHE_HOME/errata/remote}, by default {@code
   * ~/.cache/errata/remote}.
   *
   * @param environment the environment, {@link System#getenv()}
   */
  public static Path defaultCache(Map<String, String> environment) {
    return cache(environment).resolve("remote");
  }

  /**
   * Where mirrors of stores lie: {@code stores} beside {@link #defaultCache}.
   *
   * @param environment the environment, {@link System#getenv()}
   */
  public static Path defaultMirrors(Map<String, String> environment) {
    return cache(environment).resolve("stores");
  }

  private static Path cache(Map<String, String> environment) {
    String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path root =
        cache.startsWith("/") ? Path.of(cache) : Path.of(System.getProperty("user.home"), ".cache");
    return root.resolve("errata");
  }

  /**
   * A local directory with the files of a remote one, without its subdirectories. Downloaded once
   * for each content; a copy that does not match its digests is made again.
   *
   * @param directory a remote directory
   * @param cache where copies lie
   * @throws dev.errata.api.InputException when the store refuses, fails or has no such directory
   */
  public static Path localDirectory(Path directory, Path cache) {
    try {
      Map<String, Path> files = list(directory);
      Path copy = cache.resolve(identity(directory, files));
      if (!intact(copy, files.keySet())) {
        StorageFiles.deleteTree(copy);
        download(files, copy);
      }
      return copy.resolve("files");
    } catch (IOException | RuntimeException e) {
      throw RemoteProblems.of(directory, e);
    }
  }

  /**
   * Opens a file of this machine or of an object store; the caller closes it.
   *
   * @throws dev.errata.api.InputException when the store refuses, fails or does not answer
   */
  public static InputStream open(Path file) throws IOException {
    return isRemote(file) ? RemoteObjects.open(file) : Files.newInputStream(file);
  }

  private static Map<String, Path> list(Path directory) throws IOException {
    Map<String, Path> files = new TreeMap<>();
    for (String name : RemoteObjects.names(directory)) {
      if (!name.endsWith("/")) {
        files.put(name, directory.resolve(name));
      }
    }
    if (files.isEmpty()) {
      throw new NoSuchFileException(directory.toUri().toString());
    }
    return files;
  }

  /** What the store says of the content: names, sizes and entity tags. */
  private static String identity(Path directory, Map<String, Path> files) {
    Sha256 identity = new Sha256().line(directory.toUri().toString());
    for (Map.Entry<String, Path> file : files.entrySet()) {
      Path path = file.getValue();
      BasicFileAttributes of =
          Patience.call(path, 0, () -> Files.readAttributes(path, BasicFileAttributes.class));
      identity.line(file.getKey()).line(of.size() + " " + of.fileKey());
    }
    return identity.hex();
  }

  private static boolean intact(Path copy, Set<String> names) throws IOException {
    Path digests = copy.resolve(DIGESTS);
    if (!Files.exists(digests)) {
      return false;
    }
    Map<String, String> expected = new TreeMap<>();
    for (String line : Files.readAllLines(digests, StandardCharsets.UTF_8)) {
      expected.put(line.substring(line.indexOf(' ') + 1), line.substring(0, line.indexOf(' ')));
    }
    if (!expected.keySet().equals(names)) {
      return false;
    }
    for (Map.Entry<String, String> file : expected.entrySet()) {
      Path local = copy.resolve("files").resolve(file.getKey());
      if (!Files.exists(local) || !Sha256.ofFile(local).equals(file.getValue())) {
        return false;
      }
    }
    return true;
  }

  private static void download(Map<String, Path> files, Path copy) throws IOException {
    Files.createDirectories(copy.getParent());
    Path temporary = StorageFiles.temporary(copy);
    try {
      Path target = Files.createDirectories(temporary.resolve("files"));
      StringBuilder digests = new StringBuilder();
      for (Map.Entry<String, Path> file : files.entrySet()) {
        Path local = target.resolve(file.getKey());
        RemoteObjects.download(file.getValue(), local);
        digests.append(Sha256.ofFile(local)).append(' ').append(file.getKey()).append('\n');
      }
      StorageFiles.write(temporary.resolve(DIGESTS), digests.toString());
      try {
        Files.move(temporary, copy, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        if (!Files.exists(copy.resolve(DIGESTS))) {
          throw e;
        } // Another process has made the same copy meanwhile.
      }
    } finally {
      StorageFiles.deleteTree(temporary);
    }
  }
}
