package dev.errata.editing.checkpoint.store;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.ContentDigest;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.checkpoint.store.VersionManifest.StoredFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The files of a version: listing and checking them. */
final class StoredFiles {
  /** In a version's directory until its manifest exists: the name of the staging lock. */
  static final String MARKER = "publishing";

  static final Set<String> NOT_LISTED = Set.of(Version.MANIFEST, MARKER);

  private StoredFiles() {}

  /** Paths of the files below a directory, sorted, without manifest and marker. */
  static List<String> paths(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> ContentDigest.portable(directory.relativize(file)))
          .filter(path -> !NOT_LISTED.contains(path))
          .sorted()
          .toList();
    }
  }

  /** The directories in a directory, which may not exist, sorted. */
  static List<Path> directories(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.filter(Files::isDirectory).sorted().toList();
    } catch (IOException e) {
      throw IoProblems.of(directory, e);
    }
  }

  /**
   * Describes the files below a directory.
   *
   * @param known digests that need not be computed again, by path
   */
  static List<StoredFile> describe(Path directory, Map<String, String> known) throws IOException {
    List<StoredFile> files = new ArrayList<>();
    for (String path : paths(directory)) {
      Path file = directory.resolve(path);
      String digest = known.containsKey(path) ? known.get(path) : Sha256.ofFile(file);
      files.add(new StoredFile(path, Files.size(file), digest));
    }
    return files;
  }

  /** Sizes of the files below a directory in bytes, by path, without manifest and marker. */
  static Map<String, Long> sizes(Path directory) throws IOException {
    Map<String, Long> sizes = new TreeMap<>();
    for (String path : paths(directory)) {
      sizes.put(path, Files.size(directory.resolve(path)));
    }
    return sizes;
  }

  /**
   * What differs between a version's files and its manifest; empty when nothing does.
   *
   * @param found sizes of the files that there are, by path
   * @param name what messages call a file
   * @param digest reads a file and gives its SHA-256
   */
  static List<String> problems(
      VersionManifest manifest,
      Map<String, Long> found,
      UnaryOperator<String> name,
      UnaryOperator<String> digest) {
    Set<String> unexpected = new TreeSet<>(found.keySet());
    List<String> problems = new ArrayList<>();
    for (StoredFile file : manifest.files()) {
      Long size = found.get(file.path());
      if (size == null) {
        problems.add(name.apply(file.path()) + ": missing");
      } else if (size != file.size()) {
        problems.add(
            name.apply(file.path()) + ": has " + size + " bytes, the manifest says " + file.size());
      } else if (!digest.apply(file.path()).equals(file.sha256())) {
        problems.add(name.apply(file.path()) + ": its content is not what was published");
      }
      unexpected.remove(file.path());
    }
    unexpected.forEach(path -> problems.add(name.apply(path) + ": not in the manifest"));
    return problems;
  }

  /** Refuses work for which the disk has no room; hard links need none. */
  static void requireSpace(Path store, long bytes) throws IOException {
    long usable = Files.getFileStore(store).getUsableSpace();
    if (usable >= 0 && usable < bytes) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s: the disk is full: %.1f MB are needed, %.1f MB are free; free space or choose"
                  + " another store",
              store,
              bytes / 1e6,
              usable / 1e6));
    }
  }

  /** Takes a copy of a directory's files, without links between the two. */
  static void copy(Path source, Path target) throws IOException {
    for (String path : paths(source)) {
      StorageFiles.bring(source.resolve(path), target.resolve(path), StorageFiles.Reuse.COPY);
    }
  }
}
