package dev.errata.editing.checkpoint;

import dev.errata.api.InputException;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;

/** Which files of a directory belong to a checkpoint beside its safetensors. */
final class CheckpointFiles {
  private static final Set<String> PICKLES = Set.of(".bin", ".pt", ".pth", ".ckpt", ".pkl");
  private static final Set<String> FOREIGN =
      Set.of(".h5", ".msgpack", ".gguf", ".ggml", ".onnx", ".onnx_data", ".ot", ".npz", ".tflite");

  private static final String INDEX = ".index.json";

  private CheckpointFiles() {}

  static boolean isPickle(String name) {
    return hasSuffix(name, PICKLES);
  }

  /** True for weights in a format that is neither safetensors nor pickle. */
  static boolean isForeignWeights(String name) {
    return hasSuffix(name, FOREIGN);
  }

  private static boolean hasSuffix(String name, Set<String> suffixes) {
    String lower = name.toLowerCase(Locale.ROOT);
    return suffixes.stream().anyMatch(lower::endsWith);
  }

  /** True for weights of any kind and for the index of sharded ones. */
  private static boolean isWeights(String name) {
    String weights =
        name.endsWith(INDEX) ? name.substring(0, name.length() - INDEX.length()) : name;
    return isPickle(weights) || isForeignWeights(weights) || weights.endsWith(".safetensors");
  }

  /** Files that are no weights, relative to the directory and sorted; links are followed. */
  static List<Path> others(Path directory) {
    return list(directory, name -> !isWeights(name));
  }

  /** Weights that are not among the checkpoint's own files, relative and sorted. */
  static List<Path> strayWeights(Path directory, Set<String> own) {
    return list(directory, CheckpointFiles::isWeights).stream()
        .filter(file -> !own.contains(file.toString()))
        .toList();
  }

  private static List<Path> list(Path directory, Predicate<String> wanted) {
    List<Path> kept = new ArrayList<>();
    SimpleFileVisitor<Path> visitor =
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            boolean hidden =
                !folder.equals(directory) && folder.getFileName().toString().startsWith(".");
            return hidden ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String name = file.getFileName().toString();
            if (attributes.isRegularFile() && !name.startsWith(".") && wanted.test(name)) {
              kept.add(directory.relativize(file));
            }
            return FileVisitResult.CONTINUE;
          }
        };
    try {
      Files.walkFileTree(
          directory, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, visitor);
    } catch (FileSystemLoopException e) {
      throw new InputException(e.getFile() + ": a link that leads back into its own directory");
    } catch (IOException e) {
      throw IoProblems.of(directory, e);
    }
    kept.sort(null);
    return List.copyOf(kept);
  }
}
