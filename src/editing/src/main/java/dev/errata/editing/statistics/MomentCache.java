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
import dev.errata.editing.checkpoint.TensorInfo;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Moments on disk, one folder a moment under its {@link MomentKey}: {@code model.safetensors} with
 * the float64 tensor "moment" and {@code config.json} with what it is and the digest of its bytes,
 * which every reading checks. Folders appear complete and are never changed; any may be deleted at
 * any time. Several processes may share a cache.
 */
public final class MomentCache {
  private static final String TENSOR = "moment";
  private static final String LAYER = "layer";
  private static final String TOKENS = "tokens";
  private static final String RANK = "rank";
  private static final String DIGEST = "sha256";

  private final Path directory;

  /** A cache in a folder, which is made when there is something to keep. */
  public MomentCache(Path directory) {
    this.directory = directory;
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
    Map<Integer, Moment> collected =
        SecondMoments.collect(decoder, corpus.rows(tokens), wanted, tokens, progress);
    collected.forEach((layer, moment) -> write(missing.get(layer), moment, corpus));
    moments.putAll(collected);
    return moments;
  }

  private static Optional<Moment> read(Path place, int layer, Decoder decoder, Progress progress) {
    if (!Files.exists(place)) {
      return Optional.empty();
    }
    String problem;
    try (Checkpoint kept = Checkpoint.open(place)) {
      ObjectNode config = kept.config();
      TensorInfo info = kept.tensor(TENSOR);
      ByteBuffer data = kept.data(TENSOR);
      long width = decoder.architecture().feedForward().inner();
      boolean fits = info.dtype() == Dtype.F64 && info.shape().equals(List.of(width, width));
      if (fits && new Sha256().bytes(data).hex().equals(config.path(DIGEST).asText())) {
        NDArray matrix = matrix(decoder, data, width);
        long tokens = config.path(TOKENS).asLong();
        return Optional.of(new Moment(layer, matrix, tokens, config.path(RANK).asInt()));
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
      ByteBuffer data = Tensors.bytes(moment.matrix());
      ObjectNode config = JsonNodeFactory.instance.objectNode();
      config.put(LAYER, moment.layer()).put(TOKENS, moment.tokens()).put(RANK, moment.rank());
      config.put("corpus", corpus.name()).put(DIGEST, new Sha256().bytes(data).hex());
      long width = moment.matrix().getShape().get(0);
      var tensor = new CheckpointWriter.NewTensor(Dtype.F64, List.of(width, width), data);
      Files.createDirectories(place.getParent());
      CheckpointWriter.create(
          place, config, Map.of(TENSOR, tensor), Map.of(), CheckpointWriter.DEFAULT_SHARD_BYTES);
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
