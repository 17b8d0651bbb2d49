package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Moments on disk, one folder a layer under its {@link MomentKey}: {@code model.safetensors} with a
 * float64 tensor "moment.N" for each memory and {@code config.json} with what it is and the digest
 * of its bytes, which every reading checks. Folders appear complete and are never changed; any may
 * be deleted at any time. Several processes may share a cache.
 *
 * <p>A pass that was killed goes on from the sums that it kept beside the moments every half
 * minute, and over the text that it had sampled by then.
 */
public final class MomentCache {
  private static final String TENSOR = "moment.";
  private static final String LAYER = "layer";
  private static final String TOKENS = "tokens";
  private static final String RANKS = "ranks";
  private static final String ROUTED = "routed";
  private static final String DIGEST = "sha256";

  private static final Pattern NAME = Pattern.compile("[0-9a-f]{64}");
  private static final String UNFINISHED = "unfinished-";

  /** What a killed pass loses at most, in nanoseconds, where keeping sums costs little. */
  private static final long INTERVAL = 30_000_000_000L;

  private final Path directory;
  private final long interval;

  /** A cache in a folder, which is made when there is something to keep. */
  public MomentCache(Path directory) {
    this(directory, INTERVAL);
  }

  MomentCache(Path directory, long interval) {
    this.directory = directory;
    this.interval = interval;
  }

  /**
   * The moments of some layers: those that are kept are read, all others are collected together in
   * one pass over the corpus and kept.
   *
   * @param checkpoint the model's
   * @param decoder the same model, unedited
   * @param layers the wanted layers
   * @param tokens how many tokens of the corpus to count
   * @param progress hears of tokens, and of a kept moment that is spoilt and made again
   * @return the moments by layer, in ascending order; they belong to the open scope
   */
  public Map<Integer, Moment> get(
      Checkpoint checkpoint,
      Decoder decoder,
      Corpus corpus,
      List<Integer> layers,
      long tokens,
      Progress progress) {
    SecondMoments.requireLayers(decoder, layers);
    Map<Integer, Moment> moments = new TreeMap<>();
    Map<Integer, Path> missing = new TreeMap<>();
    for (int layer : layers) {
      String key = MomentKey.of(checkpoint, decoder, corpus, layer, tokens);
      Path place = directory.resolve(key);
      Optional<Moment> kept = read(place, layer, decoder, progress);
      kept.ifPresentOrElse(moment -> moments.put(layer, moment), () -> missing.put(layer, place));
    }
    if (missing.isEmpty()) {
      progress.advance(tokens, tokens);
      return moments;
    }
    List<Integer> wanted = new ArrayList<>(missing.keySet());
    String pass = Sha256.ofText(missing.values().toString()).substring(0, 32);
    Unfinished unfinished =
        new Unfinished(directory.resolve(UNFINISHED + pass), interval, System::nanoTime);
    Iterator<int[]> rows = corpus.keptIn(directory, checkpoint).rows(tokens);
    Map<Integer, Moment> collected =
        SecondMoments.collect(
            decoder, rows, wanted, tokens, SecondMoments.BATCH_TOKENS, unfinished, progress);
    collected.forEach((layer, moment) -> write(missing.get(layer), moment, corpus));
    unfinished.delete();
    moments.putAll(collected);
    return moments;
  }

  /**
   * Reads all that is kept again and compares it with its digest.
   *
   * @param cache folder of a cache, which may not exist
   * @return for every kept moment its name and what is wrong with it, or null
   */
  public static Map<String, String> verify(Path cache) {
    Map<String, String> found = new TreeMap<>();
    if (!Files.isDirectory(cache)) {
      return found;
    }
    try (Stream<Path> entries = Files.list(cache)) {
      for (Path place : entries.filter(p -> NAME.matcher(fileName(p)).matches()).toList()) {
        found.put(fileName(place), problem(place));
      }
    } catch (IOException e) {
      throw IoProblems.of(cache, e);
    }
    return found;
  }

  private static String fileName(Path place) {
    return place.getFileName().toString();
  }

  private static String problem(Path place) {
    try (Checkpoint kept = Checkpoint.open(place)) {
      boolean same = digest(kept).equals(kept.config().path(DIGEST).asText());
      return same ? null : place + ": its values are not those that were written";
    } catch (InputException e) {
      return e.getMessage();
    }
  }

  private static Optional<Moment> read(Path place, int layer, Decoder decoder, Progress progress) {
    if (!Files.exists(place)) {
      return Optional.empty();
    }
    String problem;
    try (Checkpoint kept = Checkpoint.open(place)) {
      ObjectNode config = kept.config();
      if (fits(kept, layer, decoder) && digest(kept).equals(config.path(DIGEST).asText())) {
        List<Moment.OfMemory> memories = new ArrayList<>();
        for (int memory = 0; memory < kept.tensorNames().size(); memory++) {
          String name = TENSOR + memory;
          long width = kept.tensor(name).dimensions()[0];
          memories.add(
              new Moment.OfMemory(
                  matrix(decoder, kept.data(name), width),
                  config.path(ROUTED).path(memory).asLong(),
                  config.path(RANKS).path(memory).asInt()));
        }
        return Optional.of(new Moment(layer, config.path(TOKENS).asLong(), memories));
      }
      problem = place + ": its values are not those that were written";
    } catch (InputException e) {
      problem = e.getMessage();
    }
    progress.note("kept statistics of layer " + layer + " are spoilt and made again: " + problem);
    try {
      StorageFiles.deleteTree(place);
    } catch (IOException e) {
      throw IoProblems.of(place, e);
    }
    return Optional.empty();
  }

  private static boolean fits(Checkpoint kept, int layer, Decoder decoder) {
    int memories = decoder.architecture().memories(layer);
    for (int memory = 0; memory < memories; memory++) {
      long width = decoder.architecture().memoryWidth(layer, memory);
      String name = TENSOR + memory;
      if (!kept.has(name)
          || kept.tensor(name).dtype() != Dtype.F64
          || !kept.tensor(name).shape().equals(List.of(width, width))) {
        return false;
      }
    }
    return kept.tensorNames().size() == memories;
  }

  private static String digest(Checkpoint kept) {
    Sha256 digest = new Sha256();
    for (int memory = 0; memory < kept.tensorNames().size(); memory++) {
      digest.bytes(kept.data(TENSOR + memory));
    }
    return digest.hex();
  }

  /** A copy: the tensor outlives the mapped file. */
  private static NDArray matrix(Decoder decoder, ByteBuffer data, long width) {
    try (Scope scope = new Scope()) {
      Shape shape = new Shape(width, width);
      NDArray mapped = Tensors.of(decoder.manager(), data, shape, DataType.FLOAT64);
      return scope.keep(mapped.duplicate());
    }
  }

  private static void write(Path place, Moment moment, Corpus corpus) {
    try (Scope scope = new Scope()) {
      ObjectNode config = JsonNodeFactory.instance.objectNode();
      config.put(LAYER, moment.layer()).put(TOKENS, moment.tokens());
      moment.routed().forEach(config.withArray(ROUTED)::add);
      Sha256 digest = new Sha256();
      Map<String, CheckpointWriter.NewTensor> tensors = new TreeMap<>();
      for (int memory = 0; memory < moment.memories().size(); memory++) {
        Moment.OfMemory of = moment.memories().get(memory);
        config.withArray(RANKS).add(of.rank());
        ByteBuffer data = Tensors.bytes(of.matrix());
        digest.bytes(data);
        long width = of.matrix().getShape().get(0);
        tensors.put(
            TENSOR + memory,
            new CheckpointWriter.NewTensor(Dtype.F64, List.of(width, width), data));
      }
      config.put("corpus", corpus.name()).put(DIGEST, digest.hex());
      Files.createDirectories(place.getParent());
      CheckpointWriter.create(
          place, config, tensors, Map.of(), CheckpointWriter.DEFAULT_SHARD_BYTES);
    } catch (IOException e) {
      throw IoProblems.of(place, e);
    } catch (InputException e) {
      // Another process was faster: its moment is as good.
      if (!Files.isDirectory(place)) {
        throw e;
      }
    }
  }
}
