package dev.errata.editing.statistics;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.IoProblems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the files of a corpus and who reads them. */
final class CorpusFiles {
  private static final Map<String, Function<Path, Documents>> READERS =
      Map.of(
          "txt", TextDocuments::new,
          "md", TextDocuments::new,
          "jsonl", JsonlDocuments::new,
          "parquet", ParquetDocuments::new);

  private CorpusFiles() {}

  /**
   * The files that can be read: the file itself, or all in a folder and the folders below, hidden
   * ones left out, in order of their names.
   */
  static List<Path> of(Path path) {
    if (Files.isRegularFile(path)) {
      if (!READERS.containsKey(extension(path))) {
        throw new InputException(path + ": not a corpus: expected one of " + kinds());
      }
      return List.of(path);
    }
    if (!Files.isDirectory(path)) {
      throw new InputException(
          path + ": no such file or folder; statistics.corpus names one, or Self");
    }
    try (Stream<Path> all = Files.walk(path)) {
      List<Path> files =
          all.filter(Files::isRegularFile)
              .filter(file -> READERS.containsKey(extension(file)))
              .filter(file -> !hidden(path.relativize(file)))
              .sorted()
              .toList();
      if (files.isEmpty()) {
        throw new InputException(path + ": no text in this folder: expected files " + kinds());
      }
      return files;
    } catch (IOException e) {
      throw IoProblems.of(path, e);
    }
  }

  /** Opens one of the files. */
  static Documents open(Path file) {
    return READERS.get(extension(file)).apply(file);
  }

  private static boolean hidden(Path relative) {
    for (Path part : relative) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  private static String extension(Path file) {
    String name = file.getFileName().toString();
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  private static String kinds() {
    return READERS.keySet().stream()
        .sorted()
        .map(kind -> "." + kind)
        .collect(Collectors.joining(", "));
  }
}
