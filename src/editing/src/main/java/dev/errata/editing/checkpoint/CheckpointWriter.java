package dev.errata.editing.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Writes checkpoint directories that load unchanged in Hugging Face transformers. A directory
 * appears under its name when it is complete and durable.
 */
public final class CheckpointWriter {
  /** What transformers writes into every safetensors header. */
  private static final Map<String, String> METADATA = Map.of("format", "pt");

  /** The largest shard of a fresh checkpoint unless the caller says otherwise: 5 GB, as in HF. */
  public static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

  private CheckpointWriter() {}

  /**
   * A tensor of a fresh checkpoint.
   *
   * @param dtype element type
   * @param shape sizes of its axes
   * @param data little-endian values from position to limit
   */
  public record NewTensor(Dtype dtype, List<Long> shape, ByteBuffer data) {
    public NewTensor {
      shape = List.copyOf(shape);
    }

    SafetensorsWriter.Entry entry(String name) {
      return SafetensorsWriter.Entry.of(new TensorInfo(name, dtype, shape, "", 0));
    }
  }

  /**
   * Writes a checkpoint that equals another but for some tensors. Files that do not change are
   * reused, shards with changed tensors are written; names, types, shapes, sharding, metadata and
   * unknown files stay as they are.
   *
   * @param target directory to create; must not exist
   * @param changed new values by tensor name, in the stored type and shape, little-endian
   */
  public static void write(
      Checkpoint base, Path target, Map<String, ByteBuffer> changed, StorageFiles.Reuse reuse) {
    atomically(
        target, directory -> writeInto(base, directory, changed.keySet(), changed::get, reuse));
  }

  /**
   * Writes the files of {@link #write} into an existing directory that holds none of them. Not
   * atomic: for callers that publish the directory themselves.
   *
   * @param changed names of the changed tensors
   * @param values a changed tensor's bytes, asked once for each, in order of the files
   */
  public static void writeInto(
      Checkpoint base,
      Path directory,
      Set<String> changed,
      Function<String, ByteBuffer> values,
      StorageFiles.Reuse reuse)
      throws IOException {
    changed.forEach(base::tensor);
    for (Map.Entry<String, Safetensors> shard : base.shards().entrySet()) {
      Path file = directory.resolve(shard.getKey());
      if (shard.getValue().tensors().keySet().stream().anyMatch(changed::contains)) {
        SafetensorsWriter.rewrite(file, shard.getValue(), changed, values);
      } else {
        StorageFiles.bring(shard.getValue().file(), file, reuse);
      }
    }
    Set<Path> others = new LinkedHashSet<>(base.otherFiles());
    base.index().ifPresent(index -> others.add(Path.of(index)));
    for (Path other : others) {
      StorageFiles.bring(
          base.directory().resolve(other), directory.resolve(other.toString()), reuse);
    }
    StorageFiles.syncDirectory(directory);
  }

  /**
   * Writes only the new values of changed tensors, as one safetensors file.
   *
   * @param file the file to create
   * @param metadata what the header says beside {@code format}
   */
  public static void writeDelta(
      Path file,
      Checkpoint base,
      Collection<String> changed,
      Function<String, ByteBuffer> values,
      Map<String, String> metadata)
      throws IOException {
    Map<String, String> all = new LinkedHashMap<>(METADATA);
    all.putAll(metadata);
    List<SafetensorsWriter.Entry> entries =
        changed.stream()
            .map(name -> SafetensorsWriter.Entry.of(base.tensor(name)))
            .sorted(LAYOUT)
            .toList();
    SafetensorsWriter.write(file, all, entries, values);
  }

  /**
   * Writes a fresh checkpoint.
   *
   * @param target directory to create; must not exist
   * @param config content of {@code config.json}
   * @param tensors the weights, in the order in which they fill shards
   * @param files other files by name, such as {@code tokenizer.json}
   * @param maxShardBytes a shard grows up to this size; a larger tensor has a shard of its own
   */
  public static void create(
      Path target,
      JsonNode config,
      Map<String, NewTensor> tensors,
      Map<String, byte[]> files,
      long maxShardBytes) {
    atomically(
        target,
        directory -> {
          List<List<SafetensorsWriter.Entry>> shards = shards(tensors, maxShardBytes);
          Function<String, ByteBuffer> values = name -> tensors.get(name).data();
          Map<String, String> fileOfTensor = new LinkedHashMap<>();
          for (int i = 0; i < shards.size(); i++) {
            String file = shardName(i + 1, shards.size());
            List<SafetensorsWriter.Entry> entries = new ArrayList<>(shards.get(i));
            entries.forEach(entry -> fileOfTensor.put(entry.name(), file));
            entries.sort(LAYOUT);
            SafetensorsWriter.write(directory.resolve(file), METADATA, entries, values);
          }
          if (shards.size() > 1) {
            long total = shards.stream().flatMap(List::stream).mapToLong(e -> e.bytes()).sum();
            StorageFiles.write(directory.resolve(ShardSet.INDEX), index(fileOfTensor, total));
          }
          StorageFiles.write(directory.resolve(Checkpoint.CONFIG), config.toPrettyString() + "\n");
          for (Map.Entry<String, byte[]> file : files.entrySet()) {
            StorageFiles.write(directory.resolve(file.getKey()), file.getValue());
          }
        });
  }

  /** The order of the reference implementation: wide types first, so that all are aligned. */
  private static final Comparator<SafetensorsWriter.Entry> LAYOUT =
      Comparator.comparingInt((SafetensorsWriter.Entry entry) -> -entry.dtype().bytes())
          .thenComparing(SafetensorsWriter.Entry::dtype)
          .thenComparing(SafetensorsWriter.Entry::name);

  private static List<List<SafetensorsWriter.Entry>> shards(
      Map<String, NewTensor> tensors, long maxShardBytes) {
    List<List<SafetensorsWriter.Entry>> shards = new ArrayList<>(List.of(new ArrayList<>()));
    long filled = 0;
    for (Map.Entry<String, NewTensor> tensor : tensors.entrySet()) {
      SafetensorsWriter.Entry entry = tensor.getValue().entry(tensor.getKey());
      if (filled > 0 && filled + entry.bytes() > maxShardBytes) {
        shards.add(new ArrayList<>());
        filled = 0;
      }
      shards.get(shards.size() - 1).add(entry);
      filled += entry.bytes();
    }
    return shards;
  }

  private static String shardName(int number, int count) {
    return count == 1
        ? ShardSet.SINGLE
        : String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", number, count);
  }

  private static String index(Map<String, String> fileOfTensor, long totalBytes) {
    ObjectNode index = JsonNodeFactory.instance.objectNode();
    index.putObject("metadata").put("total_size", totalBytes);
    ObjectNode weightMap = index.putObject("weight_map");
    fileOfTensor.forEach(weightMap::put);
    return index.toPrettyString() + "\n";
  }

  /** Fills a directory that does not have its name yet. */
  private interface Filler {
    void fill(Path directory) throws IOException;
  }

  private static void atomically(Path target, Filler filler) {
    if (Files.exists(target)) {
      throw new InputException(target + ": exists already; choose a new directory");
    }
    Path temporary = StorageFiles.temporary(target.toAbsolutePath());
    try {
      try {
        Files.createDirectories(temporary);
        filler.fill(temporary);
        StorageFiles.syncDirectory(temporary);
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        StorageFiles.syncDirectory(target.toAbsolutePath().getParent());
      } finally {
        StorageFiles.deleteTree(temporary);
      }
    } catch (IOException e) {
      throw IoProblems.of(target, e);
    }
  }
}
