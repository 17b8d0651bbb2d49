package dev.errata.editing.statistics;

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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
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
  static final String TENSOR = "moment.";
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
   * @return the moments, which the caller closes before the decoder
   */
  public Moments get(
      Checkpoint checkpoint,
      Decoder decoder,
      Corpus corpus,
      List<Integer> layers,
      long tokens,
      Progress progress) {
    SecondMoments.requireLayers(decoder, layers);
    Map<Integer, Path> places = new TreeMap<>();
    for (int layer : layers) {
      String key = MomentKey.of(checkpoint, decoder, corpus, layer, tokens);
      places.put(layer, directory.resolve(key));
    }
    Moments moments = new Moments(decoder.manager());
    List<Integer> missing = open(moments, places, decoder, progress);
    if (missing.isEmpty()) {
      progress.advance(tokens, tokens);
      return moments;
    }
    String pass =
        Sha256.ofText(missing.stream().map(places::get).toList().toString()).substring(0, 32);
    Unfinished unfinished =
        new Unfinished(directory.resolve(UNFINISHED + pass), interval, System::nanoTime);
    Iterator<int[]> rows = corpus.keptIn(directory, checkpoint).rows(tokens);
    SecondMoments.collect(
        decoder,
        rows,
        missing,
        tokens,
        SecondMoments.BATCH_TOKENS,
        unfinished,
        progress,
        moment -> write(places.get(moment.layer()), moment, corpus.name()));
    unfinished.delete();
    return opened(moments, places, decoder, progress);
  }

  /**
   * The means of some moments and those of other text, memory by memory: one counts as much as the
   * other however long they are. Kept as the others are.
   *
   * @param one the moments, of one divisor or another
   * @param key names the text and all else that decides the result
   * @param decoder the model, unedited
   * @param rows token rows of the text
   * @param tokens how many of its tokens to count
   * @return the means, which the caller closes before the decoder
   */
  public Moments meansWith(
      Moments one, String key, Decoder decoder, List<int[]> rows, long tokens, Progress progress) {
    Map<Integer, Path> places = new TreeMap<>();
    one.layers()
        .forEach(
            layer -> {
              String name = Sha256.ofText(key + " layer " + layer.index());
              places.put(layer.index(), directory.resolve(name));
            });
    Moments means = new Moments(decoder.manager());
    List<Integer> missing = open(means, places, decoder, progress);
    if (missing.isEmpty()) {
      progress.advance(tokens, tokens);
      return means;
    }
    SecondMoments.collect(
        decoder,
        rows.iterator(),
        missing,
        tokens,
        SecondMoments.BATCH_TOKENS,
        null,
        progress,
        moment -> write(places.get(moment.layer()), moment.meanWith(one), key));
    return opened(means, places, decoder, progress);
  }

  /** Opens what is kept; gives the layers that are not. */
  private static List<Integer> open(
      Moments moments, Map<Integer, Path> places, Decoder decoder, Progress progress) {
    List<Integer> missing = new ArrayList<>();
    places.forEach(
        (layer, place) -> {
          if (!moments.has(layer) && !read(place, layer, decoder, moments, progress)) {
            missing.add(layer);
          }
        });
    return missing;
  }

  private static Moments opened(
      Moments moments, Map<Integer, Path> places, Decoder decoder, Progress progress) {
    List<Integer> missing = open(moments, places, decoder, progress);
    if (!missing.isEmpty()) {
      moments.close();
      throw new InputException(
          places.get(missing.get(0)) + ": was deleted as soon as it was written; run again");
    }
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

  /** Whether a folder holds the moments of a layer; it is opened then. */
  private static boolean read(
      Path place, int layer, Decoder decoder, Moments moments, Progress progress) {
    if (!Files.exists(place)) {
      return false;
    }
    String problem;
    try {
      Checkpoint kept = Checkpoint.open(place);
      ObjectNode config = kept.config();
      if (fits(kept, layer, decoder) && digest(kept).equals(config.path(DIGEST).asText())) {
        List<Long> routed = new ArrayList<>();
        config.path(ROUTED).forEach(count -> routed.add(count.asLong()));
        List<Integer> ranks = new ArrayList<>();
        config.path(RANKS).forEach(rank -> ranks.add(rank.asInt()));
        moments.put(new Layer(layer, config.path(TOKENS).asLong(), routed, ranks), kept);
        return true;
      }
      kept.close();
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
    return false;
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
      kept.scan(TENSOR + memory, (from, bytes) -> digest.bytes(bytes) == digest);
    }
    return digest.hex();
  }

  private static void write(Path place, Moment moment, String corpus) {
    try {
      ObjectNode config = JsonNodeFactory.instance.objectNode();
      config.put(LAYER, moment.layer()).put(TOKENS, moment.tokens());
      moment.routed().forEach(config.withArray(ROUTED)::add);
      Sha256 digest = new Sha256();
      Map<String, CheckpointWriter.NewTensor> tensors = new TreeMap<>();
      for (int memory = 0; memory < moment.memories().size(); memory++) {
        Moment.OfMemory of = moment.memories().get(memory);
        config.withArray(RANKS).add(of.rank());
        CheckpointWriter.NewTensor data = StoredMatrix.of(of.matrix());
        digest.bytes(data.data());
        tensors.put(TENSOR + memory, data);
      }
      config.put("corpus", corpus).put(DIGEST, digest.hex());
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
