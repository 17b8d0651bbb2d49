package dev.errata.editing.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A Hugging Face checkpoint directory: safetensors weights in one file or in shards, {@code
 * config.json} and whatever lies beside them. The weights are mapped into memory, not read; they
 * stay mapped as long as a buffer of {@link #data} is reachable.
 *
 * <p>Opening validates every header and the index. Values are only looked at by {@link
 * #requireFinite}. Instances may be shared between threads.
 */
public final class Checkpoint implements AutoCloseable {
  /** The file of the model's description. */
  public static final String CONFIG = "config.json";

  /** Bytes read at once by a scan. */
  private static final int WINDOW = 1 << 20;

  static final String GENERATION_CONFIG = "generation_config.json";

  private final Path directory;
  private final ObjectNode config;
  private final ShardSet shards;
  private final Map<String, MappedFile> mapped = new LinkedHashMap<>();
  private ContentDigest digest;

  private Checkpoint(Path directory, ObjectNode config, ShardSet shards) {
    this.directory = directory;
    this.config = config;
    this.shards = shards;
  }

  /**
   * Opens a checkpoint directory.
   *
   * @throws InputException when it is not a complete safetensors checkpoint; the message names the
   *     file and the mend
   */
  public static Checkpoint open(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new InputException(
          Files.exists(directory)
              ? directory + ": a checkpoint is a directory, this is a file"
              : directory + ": no such directory");
    }
    // Weights first: whoever passes a pickle should hear about the pickle.
    ShardSet shards = ShardSet.read(directory);
    Path config = directory.resolve(CONFIG);
    if (!Files.isRegularFile(config)) {
      throw new InputException(
          directory + ": no config.json; a Hugging Face checkpoint needs one beside its weights");
    }
    return new Checkpoint(directory, Json.object(config), shards);
  }

  /** The directory that was opened. */
  public Path directory() {
    return directory;
  }

  /** The content of {@code config.json}; a copy, the caller may change it. */
  public ObjectNode config() {
    return config.deepCopy();
  }

  /** The content of {@code generation_config.json}, an empty object when there is none. */
  public JsonNode generationConfig() {
    Path file = directory.resolve(GENERATION_CONFIG);
    return Files.isRegularFile(file) ? Json.object(file) : JsonNodeFactory.instance.objectNode();
  }

  /** Names of all tensors: files in order of their name, tensors in order of their data. */
  public Set<String> tensorNames() {
    return shards.tensors().keySet();
  }

  /** True when there is a tensor of this name. */
  public boolean has(String name) {
    return shards.tensors().containsKey(name);
  }

  /**
   * Type, shape and place of a tensor.
   *
   * @throws InputException when the checkpoint has no such tensor
   */
  public TensorInfo tensor(String name) {
    TensorInfo info = shards.tensors().get(name);
    if (info == null) {
      throw new InputException(directory + ": no tensor '" + name + "'");
    }
    return info;
  }

  /**
   * The data of a tensor: a read-only little-endian direct view of the mapped file, position 0,
   * limit {@link TensorInfo#bytes()}.
   *
   * @throws InputException when there is no such tensor or it takes more than 2 GiB; such a tensor
   *     is read in windows by {@link #data(String, long, int)}
   */
  public ByteBuffer data(String name) {
    TensorInfo info = tensor(name);
    if (info.bytes() > Integer.MAX_VALUE) {
      throw new InputException(
          directory.resolve(info.file())
              + ": tensor '"
              + name
              + "' takes "
              + info.bytes()
              + " bytes; a single tensor may take at most "
              + Integer.MAX_VALUE);
    }
    return data(name, 0, (int) info.bytes());
  }

  /** A window of a tensor's data: {@code length} bytes from byte {@code from} of the tensor. */
  public ByteBuffer data(String name, long from, int length) {
    TensorInfo info = tensor(name);
    if (from < 0 || length < 0 || from + length > info.bytes()) {
      throw new IndexOutOfBoundsException(
          "bytes " + from + " to " + (from + length) + " of " + info);
    }
    return mapped(info.file()).slice(info.offset() + from, length);
  }

  /**
   * Reads bytes of a tensor into a buffer, which they fill. Unlike {@link #data} it leaves no page
   * of the file in this process.
   *
   * @param from first byte of the tensor
   */
  public void read(String name, long from, ByteBuffer target) {
    TensorInfo info = tensor(name);
    if (from < 0 || from + target.remaining() > info.bytes()) {
      throw new IndexOutOfBoundsException(
          "bytes " + from + " to " + (from + target.remaining()) + " of " + info);
    }
    try {
      mapped(info.file()).read(info.offset() + from, target);
    } catch (IOException e) {
      throw IoProblems.of(directory.resolve(info.file()), e);
    }
  }

  /** Receives the next bytes of a tensor: position 0, little endian, gone when it returns. */
  public interface Window {
    /**
     * Takes them.
     *
     * @param from how many bytes of the tensor came before
     * @return whether to go on
     */
    boolean take(long from, ByteBuffer bytes);
  }

  /** Reads a tensor once, window by window, each a multiple of eight bytes but the last. */
  public void scan(String name, Window window) {
    long size = tensor(name).bytes();
    ByteBuffer buffer =
        ByteBuffer.allocate((int) Math.min(WINDOW, size)).order(ByteOrder.LITTLE_ENDIAN);
    boolean wanted = true;
    for (long from = 0; wanted && from < size; from += WINDOW) {
      buffer.clear().limit((int) Math.min(WINDOW, size - from));
      read(name, from, buffer);
      wanted = window.take(from, buffer.flip());
    }
  }

  private synchronized MappedFile mapped(String file) {
    return mapped.computeIfAbsent(file, name -> MappedFile.open(directory.resolve(name)));
  }

  /**
   * Looks for NaN and infinities in all floating tensors.
   *
   * @throws InputException naming the first bad value of each tensor that has one
   */
  public void requireFinite() {
    requireFinite(tensorNames());
  }

  /**
   * Looks for NaN and infinities in some tensors; reads each byte once.
   *
   * @throws InputException naming the first bad value of each tensor that has one
   */
  public void requireFinite(Collection<String> names) {
    FiniteScan.require(this, names);
  }

  /**
   * The content address: equal for two checkpoints with equal tensors (name, type, shape, bytes)
   * and equal other files, however the tensors are spread over shards. Reads everything once.
   */
  public String digest() {
    return contentDigest().root();
  }

  /** The digests below {@link #digest()}: one per tensor and one per other file. */
  public synchronized ContentDigest contentDigest() {
    if (digest == null) {
      digest = ContentDigest.of(this, Map.of());
    }
    return digest;
  }

  /** The safetensors files by name, in order. */
  Map<String, Safetensors> shards() {
    return shards.files();
  }

  /** Name of the index file when the checkpoint has one. */
  Optional<String> index() {
    return shards.index();
  }

  /**
   * Every file but the safetensors and their index, relative to the directory, sorted. Weights in
   * other formats and hidden files are not part of a checkpoint: edited safetensors beside an
   * unedited {@code pytorch_model.bin} would be two models in one directory.
   */
  public List<Path> otherFiles() {
    return CheckpointFiles.others(directory);
  }

  /** Weights in the directory that belong to no tensor of this checkpoint and are left out. */
  public List<Path> strayWeights() {
    Set<String> own = new HashSet<>(shards.files().keySet());
    shards.index().ifPresent(own::add);
    return CheckpointFiles.strayWeights(directory, own);
  }

  /** Releases the files. Buffers handed out stay valid. */
  @Override
  public synchronized void close() {
    for (MappedFile file : mapped.values()) {
      try {
        file.close();
      } catch (IOException e) {
        throw IoProblems.of(directory, e);
      }
    }
    mapped.clear();
  }

  @Override
  public String toString() {
    return directory + " (" + tensorNames().size() + " tensors)";
  }
}
