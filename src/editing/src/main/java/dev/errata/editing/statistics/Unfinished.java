package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.CheckpointWriter.NewTensor;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Sums of a pass over a corpus that is not at its end, kept so that a killed pass goes on from
 * them. They are added up in float64 in the order of the corpus, so a pass that was taken up again
 * ends with the very bytes of one that was not. One folder a pass, and in it one folder, named by
 * the tokens counted; older ones are deleted when a newer one is whole.
 */
final class Unfinished {
  /** Keeping may take this share of the time. */
  private static final int SHARE = 20;

  private static final String DIGEST = "sha256";
  private static final String ROUTED = "routed";

  private final Path directory;
  private final long interval;
  private final LongSupplier clock;
  private long kept;
  private long cost;

  /**
   * Prepares.
   *
   * @param directory of this pass alone
   * @param interval nanoseconds between two times at least
   * @param clock nanoseconds
   */
  Unfinished(Path directory, long interval, LongSupplier clock) {
    this.directory = directory;
    this.interval = interval;
    this.clock = clock;
    this.kept = clock.getAsLong();
  }

  /**
   * Sums over the first tokens of a corpus.
   *
   * @param tokens how many
   * @param sums by layer
   */
  record Kept(long tokens, Map<Integer, SecondMoments.Sums> sums) {}

  /** The newest sums that are whole; the caller closes them. */
  Optional<Kept> read(Decoder decoder, Consumer<String> notes) {
    List<Path> found = folders();
    for (Path folder : found) {
      try (Checkpoint stored = Checkpoint.open(folder)) {
        ObjectNode config = stored.config();
        if (config.path(DIGEST).asText().equals(digest(stored, config))) {
          return Optional.of(kept(stored, config, decoder));
        }
        notes.accept(folder + ": its values are not those that were written; counted again");
      } catch (InputException e) {
        notes.accept(e.getMessage() + "; counted again");
      }
      delete(folder);
    }
    return Optional.empty();
  }

  private static Kept kept(Checkpoint stored, ObjectNode config, Decoder decoder) {
    Map<Integer, SecondMoments.Sums> sums = new TreeMap<>();
    config
        .path(ROUTED)
        .properties()
        .forEach(
            layer -> {
              int number = Integer.parseInt(layer.getKey());
              long[] counts = new long[layer.getValue().size()];
              List<SymmetricSum> products = new ArrayList<>();
              for (int memory = 0; memory < counts.length; memory++) {
                counts[memory] = layer.getValue().get(memory).asLong();
                products.add(product(stored, number, memory, decoder));
              }
              sums.put(number, new SecondMoments.Sums(products, counts));
            });
    return new Kept(config.path("tokens").asLong(), sums);
  }

  private static SymmetricSum product(Checkpoint stored, int layer, int memory, Decoder decoder) {
    int width = decoder.architecture().memoryWidth(layer, memory);
    List<NDArray> panels = new ArrayList<>();
    if (stored.has(name(layer, memory, 0))) {
      for (int panel = 0; panel < SymmetricSum.count(width); panel++) {
        String name = name(layer, memory, panel);
        panels.add(Scope.escape(StoredMatrix.read(stored, name, decoder.manager())));
      }
    }
    return new SymmetricSum(width, panels);
  }

  /** Keeps sums when the last ones are old enough. */
  void offer(Kept sums) {
    long now = clock.getAsLong();
    if (now - kept >= Math.max(interval, SHARE * cost)) {
      write(sums);
      kept = clock.getAsLong();
      cost = kept - now;
    }
  }

  private void write(Kept sums) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("tokens", sums.tokens());
    Map<String, NewTensor> tensors = new TreeMap<>();
    ObjectNode routed = config.putObject(ROUTED);
    sums.sums()
        .forEach(
            (layer, of) -> {
              for (int memory = 0; memory < of.routed().length; memory++) {
                routed.withArray(String.valueOf(layer)).add(of.routed()[memory]);
                List<NDArray> panels = of.products().get(memory).panels();
                for (int panel = 0; panel < panels.size(); panel++) {
                  tensors.put(name(layer, memory, panel), StoredMatrix.of(panels.get(panel)));
                }
              }
            });
    Sha256 digest = new Sha256().line(config.toString());
    tensors.values().forEach(tensor -> digest.bytes(tensor.data().duplicate()));
    config.put(DIGEST, digest.hex());
    List<Path> older = folders();
    Path folder = directory.resolve(Long.toString(sums.tokens()));
    try {
      StorageFiles.deleteTree(folder);
      Files.createDirectories(directory);
      CheckpointWriter.create(
          folder, config, tensors, Map.of(), CheckpointWriter.DEFAULT_SHARD_BYTES);
    } catch (IOException e) {
      throw IoProblems.of(folder, e);
    }
    older.stream().filter(other -> !other.equals(folder)).forEach(Unfinished::delete);
  }

  private static String digest(Checkpoint stored, ObjectNode config) {
    ObjectNode rest = config.deepCopy();
    rest.remove(DIGEST);
    Sha256 digest = new Sha256().line(rest.toString());
    stored.tensorNames().stream()
        .sorted()
        .forEach(name -> stored.scan(name, (from, bytes) -> digest.bytes(bytes) == digest));
    return digest.hex();
  }

  private static String name(int layer, int memory, int panel) {
    return layer + "." + memory + "." + panel;
  }

  /** Folders with sums, the newest first; what a killed writer left is not among them. */
  private List<Path> folders() {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(entry -> entry.getFileName().toString().matches("\\d+"))
          .sorted(
              Comparator.comparingLong(
                      (Path entry) -> Long.parseLong(entry.getFileName().toString()))
                  .reversed())
          .toList();
    } catch (IOException e) {
      throw IoProblems.of(directory, e);
    }
  }

  /** Deletes all: the pass is at its end. */
  void delete() {
    delete(directory);
  }

  private static void delete(Path folder) {
    try {
      StorageFiles.deleteTree(folder);
    } catch (IOException e) {
      throw IoProblems.of(folder, e);
    }
  }
}
