package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.checkpoint.TensorInfo;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Kernels;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One decoder for all families: an {@link Architecture} says what is computed, a family's {@link
 * Slot}s where the weights lie.
 *
 * <p>A forward pass is {@link #embed}, {@link #block} for every layer and {@link #logits}; callers
 * run only the blocks, rows and positions that they need. Results register with the open {@link
 * Scope}. Gradients flow to any input that requires one. Not safe for use by several threads.
 */
public final class Decoder implements AutoCloseable {
  private final Architecture architecture;
  private final Compute compute;
  private final NDManager manager;
  private final Weights weights;
  private final Kernels kernels;
  private final Blocks blocks;
  private final NDArray noAngles;
  private final Frames frames;
  private long layerTokens;

  private Decoder(Architecture architecture, Compute compute, NDManager manager, Weights weights) {
    this.architecture = architecture;
    this.compute = compute;
    this.manager = manager;
    this.weights = weights;
    this.kernels =
        Kernels.load(manager, Decoder.class, "decoder.py", DecoderAttributes.of(architecture));
    try (Scope scope = new Scope()) {
      noAngles = scope.release(Tensors.convert(manager.create(new Shape(0)), compute.type()));
      NDArray noKeys = Tensors.convert(manager.create(new Shape(0)), compute.type());
      Attentions.Absent absent = new Attentions.Absent(noAngles, scope.release(noKeys));
      Attentions attentions = new Attentions(architecture, weights, kernels, absent);
      blocks = new Blocks(architecture, weights, kernels, attentions);
    }
    frames = new Frames(architecture, compute, manager, noAngles);
  }

  /**
   * Opens a checkpoint as a decoder; weights are read from the mapped file at first use.
   *
   * @param checkpoint the checkpoint; must stay open as long as the decoder
   * @param compute device and type
   * @throws dev.errata.api.InputException when the family is unknown, or the tensors do not fit the
   *     configuration
   */
  public static Decoder open(Checkpoint checkpoint, Compute compute) {
    String file = checkpoint.directory().resolve(Checkpoint.CONFIG).toString();
    Family family = Families.of(file, checkpoint.config());
    Architecture architecture = family.describe(new Family.Config(file, checkpoint.config()));
    NDManager manager = NDManager.newBaseManager(compute.device(), "PyTorch");
    try {
      Weights weights = new Weights(checkpoint, family, architecture, compute, manager);
      return new Decoder(architecture, compute, manager, weights);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /** What the decoder is made of. */
  public Architecture architecture() {
    return architecture;
  }

  /** Device and type of weights and activations. */
  public Compute compute() {
    return compute;
  }

  /** Tokens times the blocks that they went through so far, forward, padding included. */
  public long layerTokens() {
    return layerTokens;
  }

  /** The manager for tensors that are to live as long as the decoder, on its device. */
  public NDManager manager() {
    return manager;
  }

  /** The input of block 0, [B, T, d]. */
  public NDArray embed(TokenBatch batch) {
    try (Scope scope = new Scope()) {
      boolean far = weights.isFar(Part.EMBEDDING);
      int[] words = far ? batch.words() : null;
      return scope.keep(
          kernels.one(
              "embed",
              far ? weights.rows(Part.EMBEDDING, words) : weights.get(Part.EMBEDDING),
              Tensors.owned(far ? batch.ids(manager, words) : batch.ids(manager)),
              weights.get(Part.POSITIONS),
              Tensors.owned(batch.positionIds(manager))));
    }
  }

  /** Positions and masks for a batch behind the tokens of a cache, which may be null. */
  public Frame frame(TokenBatch batch, KeyValueCache past) {
    return frames.of(batch, past);
  }

  /** For the states of {@link TokenBatch#packed}, [1, N, d]: attention alone pads them. */
  public Frame packedFrame(TokenBatch batch, KeyValueCache past) {
    return frames.packed(batch, past);
  }

  /**
   * Runs one block.
   *
   * @param layer the block, from 0
   * @param input the residual stream before it, [B, T, d], or packed as the frame is
   * @param frame positions and masks
   * @param past keys and values of earlier tokens, or null
   * @param record where to append the keys and values of these tokens, or null; may be {@code past}
   * @param tap called at every {@link Site} of the block
   * @return the residual stream behind it, [B, T, d]
   */
  public NDArray block(
      int layer, NDArray input, Frame frame, KeyValueCache past, KeyValueCache record, Tap tap) {
    count(input);
    return blocks.run(layer, input, frame, past, record, tap);
  }

  /**
   * Runs one block for some positions alone, where nothing above it reads the others.
   *
   * @param places of the flattened or packed batch, int64 [m]
   * @return the residual stream behind it there, [1, m, d]
   */
  public NDArray blockAt(
      int layer, NDArray input, Frame frame, KeyValueCache past, NDArray places) {
    count(input);
    return blocks.runAt(layer, input, frame, past, places);
  }

  /**
   * Runs a dense block up to its edited linear.
   *
   * @return what {@link #finish} goes on from, to the open scope
   */
  public HalfBlock begin(int layer, NDArray input, Frame frame) {
    count(input);
    return blocks.begin(layer, input, frame);
  }

  /** Runs the rest of a block, as its edited linear is now: gives what {@link #block} would. */
  public NDArray finish(int layer, HalfBlock half) {
    return blocks.finish(layer, half);
  }

  private void count(NDArray input) {
    layerTokens += input.getShape().get(0) * input.getShape().get(1);
  }

  /**
   * Runs blocks {@code from} … {@code to − 1}.
   *
   * @param input the residual stream before block {@code from}, [B, T, d]
   */
  public NDArray blocks(
      int from,
      int to,
      NDArray input,
      Frame frame,
      KeyValueCache past,
      KeyValueCache record,
      Tap tap) {
    NDArray x = input;
    for (int layer = from; layer < to; layer++) {
      NDArray next = block(layer, x, frame, past, record, tap);
      if (layer > from) {
        x.close();
      }
      x = next;
    }
    return x;
  }

  /**
   * Embeds a batch and runs all blocks.
   *
   * @param cache keys and values before the batch, to which those of the batch are appended; or
   *     null
   * @return the residual stream behind the last block, before the final norm, [B, T, d]
   */
  public NDArray hidden(TokenBatch batch, KeyValueCache cache, Tap tap) {
    try (Scope scope = new Scope()) {
      Frame frame = frame(batch, cache);
      if (cache != null) {
        cache.extend(batch.paddedPositions());
      }
      NDArray x = embed(batch);
      return scope.keep(blocks(0, architecture.layers(), x, frame, cache, cache, tap));
    }
  }

  /** Notes in a cache that the tokens of a batch are about to be recorded by {@link #block}. */
  public void announce(KeyValueCache cache, TokenBatch batch) {
    cache.extend(batch.paddedPositions());
  }

  /**
   * Final norm and unembedding.
   *
   * @param hidden the residual stream behind the last block, [..., d]
   * @return logits [..., vocabulary]
   */
  public NDArray logits(NDArray hidden) {
    try (Scope scope = new Scope()) {
      NDArray normed =
          kernels.one(
              "norm", hidden, weights.get(Part.FINAL_NORM), weights.get(Part.FINAL_NORM_BIAS));
      Part table = architecture.tied() ? Part.EMBEDDING : Part.UNEMBEDDING;
      return scope.keep(
          kernels.one("unembed", normed, weights.get(table), weights.get(Part.UNEMBEDDING_BIAS)));
    }
  }

  /** A weight of the model or of a layer, [out, in] in the compute type; owned by the decoder. */
  public NDArray weight(Part part, int layer) {
    return weights.get(part, layer);
  }

  /** Any weight, [out, in] in the compute type; owned by the decoder. */
  public NDArray weight(WeightPlace place) {
    return weights.get(place.part(), place.layer(), place.expert());
  }

  /** The edited linear of a dense layer, W [d, f]; owned by the decoder. */
  public NDArray down(int layer) {
    return weights.get(Part.DOWN, layer);
  }

  /**
   * An edited linear, W [d, f]; owned by the decoder.
   *
   * @param memory from 0 to {@link Architecture#memories} − 1: the expert, or the shared one
   */
  public NDArray down(int layer, int memory) {
    return weight(place(layer, memory));
  }

  private WeightPlace place(int layer, int memory) {
    if (memory < 0 || memory >= architecture.memories(layer)) {
      throw new IllegalArgumentException("layer " + layer + " has no memory " + memory);
    }
    if (!architecture.isMixture(layer)) {
      return new WeightPlace(Part.DOWN, layer, 0);
    }
    return memory < architecture.feedForward().mixture().experts()
        ? new WeightPlace(Part.EXPERT_DOWN, layer, memory)
        : new WeightPlace(Part.SHARED_DOWN, layer, 0);
  }

  /**
   * What the edited linear of a layer must add for the block's output to change by something: not
   * the same where a norm or a factor stands between the two.
   *
   * @param keys inputs of the edited linear, [n, f] float64
   * @param change wanted change of the block's output, [n, d] float64
   * @return [n, d] float64
   */
  public NDArray linearChange(int layer, NDArray keys, NDArray change) {
    return new ResidualPath(architecture, weights).linearChange(layer, keys, change);
  }

  /** Replaces the edited linear of a dense layer; see the other. */
  public void replaceDown(int layer, NDArray weight) {
    replaceDown(layer, 0, weight);
  }

  /**
   * Replaces an edited linear by a weight rounded to the checkpoint's type, so that what is
   * evaluated is what is published.
   *
   * @param weight [d, f], any floating type
   */
  public void replaceDown(int layer, int memory, NDArray weight) {
    try (Scope scope = new Scope()) {
      WeightPlace place = place(layer, memory);
      weights.replace(place, weights.rounded(place, weight));
    }
  }

  /** All weights that the model has, part by part. */
  public List<WeightPlace> places() {
    return weights.places();
  }

  /**
   * Copies of all weights as a checkpoint of this family stores them, by tensor name.
   *
   * @param dtype a floating type, to which the weights are rounded
   */
  public Map<String, CheckpointWriter.NewTensor> tensors(Dtype dtype) {
    return weights.bytes().tensors(dtype);
  }

  /** Replaces any weight, unrounded: for training. */
  public void replace(WeightPlace place, NDArray weight) {
    weights.replace(place, weight);
  }

  /** Name, type and shape of the tensor that holds an edited linear. */
  public TensorInfo downTensor(int layer, int memory) {
    return weights.info(place(layer, memory));
  }

  /** The weights that were replaced. */
  public Set<WeightPlace> replaced() {
    return weights.replaced();
  }

  /**
   * Gives back the memory of all weights that were not replaced. A stage reads the layers that it
   * needs again, and no others; tensors that {@link #weight} and {@link #down} gave are closed.
   */
  public void unload() {
    weights.unload();
  }

  /** The same for blocks {@code from} … {@code to − 1}. */
  public void unload(int from, int to) {
    weights.unload(from, to);
  }

  /**
   * Bounds the memory of weights whose stored type is not the compute type: beyond so many bytes a
   * block's are given back behind it and read again when it is next run. Those in use, and those
   * that a backward pass still needs, stay all the same.
   */
  public void keepWithin(long bytes) {
    weights.keepWithin(bytes);
  }

  /** How many weights are in memory. */
  int loaded() {
    return weights.loaded();
  }

  /** Takes back every replacement: the weights are the checkpoint's again. */
  public void restore() {
    weights.restore();
  }

  /** The names of the tensors that hold a replaced weight. */
  public Set<String> replacedTensors() {
    return weights.replacedTensors();
  }

  /**
   * A tensor that holds a replaced weight, in the type, order of axes and packing of its
   * checkpoint.
   */
  public ByteBuffer tensorBytes(String name) {
    return weights.bytes().of(name);
  }

  @Override
  public void close() {
    kernels.close();
    weights.close();
    manager.close();
  }
}
