package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.CheckpointWriter.NewTensor;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
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
   * @param products Σ g² k kᵀ of every memory by layer, [f, f] float64, null before its first token
   * @param routed tokens of every memory by layer
   */
  record Sums(long tokens, Map<Integer, NDArray[]> products, Map<Integer, long[]> routed) {}

  /** The newest sums that are whole; they belong to the open scope. */
  Optional<Sums> read(NDManager manager, Consumer<String> notes) {
    List<Path> found = folders();
    for (Path folder : found) {
      try (Checkpoint stored = Checkpoint.open(folder)) {
        ObjectNode config = stored.config();
        if (config.path(DIGEST).asText().equals(digest(stored, config))) {
          return Optional.of(sums(stored, config, manager));
        }
        notes.accept(folder + ": its values are not those that were written; counted again");
      } catch (InputException e) {
        notes.accept(e.getMessage() + "; counted again");
      }
      delete(folder);
    }
    return Optional.empty();
  }

  private static Sums sums(Checkpoint stored, ObjectNode config, NDManager manager) {
    Map<Integer, NDArray[]> products = new TreeMap<>();
    Map<Integer, long[]> routed = new TreeMap<>();
    config
        .path(ROUTED)
        .properties()
        .forEach(
            layer -> {
              int number = Integer.parseInt(layer.getKey());
              long[] counts = new long[layer.getValue().size()];
              NDArray[] arrays = new NDArray[counts.length];
              for (int memory = 0; memory < counts.length; memory++) {
                counts[memory] = layer.getValue().get(memory).asLong();
                String name = name(number, memory);
                arrays[memory] = stored.has(name) ? matrix(stored, name, manager) : null;
              }
              products.put(number, arrays);
              routed.put(number, counts);
            });
    return new Sums(config.path("tokens").asLong(), products, routed);
  }

  private static NDArray matrix(Checkpoint stored, String name, NDManager manager) {
    try (Scope scope = new Scope()) {
      Shape shape = new Shape(stored.tensor(name).dimensions());
      // A copy: the tensor outlives the mapped file.
      NDArray mapped = Tensors.of(manager, stored.data(name), shape, DataType.FLOAT64);
      return scope.keep(mapped.duplicate());
    }
  }

  /** Keeps sums when the last ones are old enough. */
  void offer(Sums sums) {
    long now = clock.getAsLong();
    if (now - kept >= Math.max(interval, SHARE * cost)) {
      write(sums);
      kept = clock.getAsLong();
      cost = kept - now;
    }
  }

  private void write(Sums sums) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("tokens", sums.tokens());
    Map<String, NewTensor> tensors = new TreeMap<>();
    ObjectNode routed = config.putObject(ROUTED);
    sums.products()
        .forEach(
            (layer, products) -> {
              for (int memory = 0; memory < products.length; memory++) {
                routed.withArray(String.valueOf(layer)).add(sums.routed().get(layer)[memory]);
                if (products[memory] != null) {
                  tensors.put(name(layer, memory), tensor(products[memory]));
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

  private static NewTensor tensor(NDArray product) {
    ByteBuffer data = Tensors.bytes(product);
    long width = product.getShape().get(0);
    return new NewTensor(Dtype.F64, List.of(width, width), data);
  }

  private static String digest(Checkpoint stored, ObjectNode config) {
    ObjectNode rest = config.deepCopy();
    rest.remove(DIGEST);
    Sha256 digest = new Sha256().line(rest.toString());
    stored.tensorNames().stream().sorted().forEach(name -> digest.bytes(stored.data(name)));
    return digest.hex();
  }

  private static String name(int layer, int memory) {
    return layer + "." + memory;
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
