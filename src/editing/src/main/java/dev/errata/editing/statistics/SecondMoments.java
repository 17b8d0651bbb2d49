package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.editing.model.Architecture;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Frame;
import dev.errata.editing.model.MemoryKeys;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Second moments of all memories of all wanted layers in one streaming pass over a corpus; blocks
 * above the last wanted layer are not run, padding is not counted.
 *
 * <p>Kᵀ K of a batch is computed in float32, or in float64 when the model runs in it, and added up
 * over the batches in float64: a sum over at most {@value #BATCH_TOKENS} tokens loses about as much
 * as the keys have lost already.
 */
public final class SecondMoments implements AutoCloseable {
  /** Tokens, padding included, that run through the model at once. */
  public static final int BATCH_TOKENS = 2048;

  private final Decoder decoder;
  private final Map<Integer, Sums> sums = new TreeMap<>();

  /** Σ g² k kᵀ of every memory of a layer, null before its first token, and its tokens. */
  private record Sums(NDArray[] products, long[] routed) {}

  private SecondMoments(Decoder decoder, List<Integer> layers) {
    this.decoder = decoder;
    for (int layer : layers) {
      int memories = decoder.architecture().memories(layer);
      sums.put(layer, new Sums(new NDArray[memories], new long[memories]));
    }
  }

  /**
   * Collects.
   *
   * @param decoder the model, unedited
   * @param rows token rows, none empty nor longer than the model's positions; the last one used is
   *     cut so that exactly {@code tokens} tokens are counted
   * @param layers the wanted layers, at least one
   * @param tokens how many tokens to count, above 0
   * @param progress hears of tokens
   * @return the moments by layer, in ascending order; they belong to the open scope
   * @throws InputException when a layer is out of range, no token is asked for or the rows end
   *     early
   */
  public static Map<Integer, Moment> collect(
      Decoder decoder, Iterator<int[]> rows, List<Integer> layers, long tokens, Progress progress) {
    return collect(decoder, rows, layers, tokens, BATCH_TOKENS, null, progress);
  }

  static Map<Integer, Moment> collect(
      Decoder decoder,
      Iterator<int[]> rows,
      List<Integer> layers,
      long tokens,
      int budget,
      Progress progress) {
    return collect(decoder, rows, layers, tokens, budget, null, progress);
  }

  /**
   * Collects, going on from what an earlier pass over the same rows has kept.
   *
   * @param unfinished where sums are kept, or null to keep none
   */
  static Map<Integer, Moment> collect(
      Decoder decoder,
      Iterator<int[]> rows,
      List<Integer> layers,
      long tokens,
      int budget,
      Unfinished unfinished,
      Progress progress) {
    requireLayers(decoder, layers);
    if (tokens <= 0) {
      throw new InputException("statistics.tokens is " + tokens + "; it must be above 0");
    }
    try (Scope scope = new Scope();
        SecondMoments moments = new SecondMoments(decoder, layers)) {
      Batches batches = new Batches(rows, tokens, budget);
      moments.resume(unfinished, batches, progress);
      progress.advance(batches.taken(), tokens);
      while (batches.taken() < tokens) {
        List<int[]> batch = batches.next();
        if (batch.isEmpty()) {
          throw new InputException(
              "the corpus holds only "
                  + batches.taken()
                  + " of the "
                  + tokens
                  + " tokens asked for; give more text or set statistics.tokens lower");
        }
        moments.add(TokenBatch.of(batch));
        if (unfinished != null) {
          unfinished.offer(moments.unfinished(batches.taken()));
        }
        progress.advance(batches.taken(), tokens);
      }
      Map<Integer, Moment> result = moments.means(tokens);
      result
          .values()
          .forEach(moment -> moment.memories().forEach(memory -> scope.keep(memory.matrix())));
      return result;
    }
  }

  /** Takes over kept sums and passes over the rows that are in them. */
  private void resume(Unfinished unfinished, Batches batches, Progress progress) {
    if (unfinished == null) {
      return;
    }
    try (Scope scope = new Scope()) {
      unfinished
          .read(decoder.manager(), progress::note)
          .filter(kept -> kept.products().keySet().equals(sums.keySet()))
          .ifPresent(
              kept -> {
                while (batches.taken() < kept.tokens() && !batches.next().isEmpty()) {
                  // The same rows make the same batches.
                }
                sums.replaceAll(
                    (layer, none) ->
                        new Sums(kept.products().get(layer), kept.routed().get(layer)));
                sums.values().stream()
                    .flatMap(of -> Arrays.stream(of.products()))
                    .filter(Objects::nonNull)
                    .forEach(scope::release);
              });
    }
  }

  private Unfinished.Sums unfinished(long taken) {
    Map<Integer, NDArray[]> products = new TreeMap<>();
    Map<Integer, long[]> routed = new TreeMap<>();
    sums.forEach(
        (layer, of) -> {
          products.put(layer, of.products());
          routed.put(layer, of.routed());
        });
    return new Unfinished.Sums(taken, products, routed);
  }

  /**
   * Checks layers.
   *
   * @throws InputException when there is none or one is out of range
   */
  static void requireLayers(Decoder decoder, List<Integer> layers) {
    int count = decoder.architecture().layers();
    if (layers.isEmpty()) {
      throw new InputException("no layer to edit; name at least one of 0 to " + (count - 1));
    }
    for (int layer : layers) {
      if (layer < 0 || layer >= count) {
        throw new InputException(
            "layer " + layer + " is out of range: the model has layers 0 to " + (count - 1));
      }
    }
  }

  /** Rows by a budget of tokens. */
  private static final class Batches {
    private final Iterator<int[]> rows;
    private final long wanted;
    private final int budget;
    private long taken;
    private int[] waiting;

    Batches(Iterator<int[]> rows, long wanted, int budget) {
      this.rows = rows;
      this.wanted = wanted;
      this.budget = budget;
    }

    long taken() {
      return taken;
    }

    /** The next batch; empty when there are no rows left. */
    List<int[]> next() {
      List<int[]> batch = new ArrayList<>();
      int width = 0;
      while (taken < wanted && (waiting != null || rows.hasNext())) {
        int[] row = waiting != null ? waiting : rows.next();
        int wider = Math.max(width, row.length);
        if (!batch.isEmpty() && (batch.size() + 1L) * wider > budget) {
          waiting = row;
          break;
        }
        waiting = null;
        width = wider;
        int length = (int) Math.min(row.length, wanted - taken);
        batch.add(length == row.length ? row : Arrays.copyOf(row, length));
        taken += length;
      }
      return batch;
    }
  }

  private void add(TokenBatch batch) {
    try (Scope scope = new Scope()) {
      NDArray real = isPadded(batch) ? real(batch) : null;
      Tap tap =
          Tap.ofKeys(
              (layer, keys) -> {
                if (sums.containsKey(layer)) {
                  keys.forEach(memory -> add(layer, memory, batch, real));
                }
              });
      int last = Collections.max(sums.keySet());
      Frame frame = decoder.frame(batch, null);
      decoder.blocks(0, last + 1, decoder.embed(batch), frame, null, null, tap);
    }
  }

  private void add(int layer, MemoryKeys read, TokenBatch batch, NDArray real) {
    try (Scope scope = new Scope()) {
      NDArray keys = wide(read.gated());
      long routed = keys.getShape().get(0);
      if (read.positions() == null) {
        long[] positions = positions(batch);
        routed = positions.length;
        keys = real == null ? keys : Tensors.rows(keys, positions);
      } else if (real != null) {
        NDArray counted = Tensors.rows(real, read.positions());
        routed = (long) counted.sum().getFloat();
        keys = keys.mul(wide(counted).reshape(-1, 1));
      }
      Sums of = sums.get(layer);
      int memory = read.memory();
      of.routed()[memory] += routed;
      NDArray product = Tensors.convert(keys.transpose().matMul(keys), DataType.FLOAT64);
      if (of.products()[memory] == null) {
        of.products()[memory] = scope.release(product);
      } else {
        of.products()[memory].addi(product);
      }
    }
  }

  /** In the type of the products. */
  private NDArray wide(NDArray values) {
    boolean wide = decoder.compute().type() == DataType.FLOAT64;
    return Tensors.convert(values, wide ? DataType.FLOAT64 : DataType.FLOAT32);
  }

  private static boolean isPadded(TokenBatch batch) {
    return positions(batch).length < batch.size() * batch.width();
  }

  /** 1 at real positions and 0 at padding, [B · T] float32. */
  private NDArray real(TokenBatch batch) {
    float[] real = new float[batch.size() * batch.width()];
    for (long position : positions(batch)) {
      real[(int) position] = 1;
    }
    return decoder.manager().create(real);
  }

  private static long[] positions(TokenBatch batch) {
    int width = batch.width();
    long[] flat = new long[batch.rows().stream().mapToInt(row -> row.length).sum()];
    int at = 0;
    for (int row = 0; row < batch.size(); row++) {
      for (int i = 0; i < batch.length(row); i++) {
        flat[at++] = (long) row * width + i;
      }
    }
    return flat;
  }

  private Map<Integer, Moment> means(long tokens) {
    Map<Integer, Moment> result = new TreeMap<>();
    sums.forEach((layer, of) -> result.put(layer, mean(layer, of, tokens)));
    return result;
  }

  /** A sum and its transposed: rounding makes products a little askew. */
  private static NDArray symmetric(NDArray sum) {
    try (Scope scope = new Scope()) {
      return scope.keep(sum.add(sum.transpose()));
    }
  }

  private Moment mean(int layer, Sums of, long tokens) {
    Architecture architecture = decoder.architecture();
    List<NDArray> means = new ArrayList<>();
    List<Integer> ranks = new ArrayList<>();
    for (int memory = 0; memory < of.products().length; memory++) {
      NDArray sum = of.products()[memory];
      int width = architecture.memoryWidth(layer, memory);
      NDArray mean =
          sum == null
              ? decoder.manager().zeros(new Shape(width, width), DataType.FLOAT64)
              : symmetric(sum).muli(0.5 / tokens);
      if (sum != null) {
        // The sums of all layers and their means are not in memory together.
        of.products()[memory] = null;
        sum.close();
      }
      means.add(mean);
      ranks.add(sum == null ? 0 : rank(mean));
    }
    List<Long> routed = Arrays.stream(of.routed()).boxed().toList();
    if (architecture.isMixture(layer)) {
      // The shared expert is like no other, and every token reaches it.
      int experts = architecture.feedForward().mixture().experts();
      List<NDArray> shrunk = Shrinkage.of(means.subList(0, experts), routed.subList(0, experts));
      for (int e = 0; e < experts; e++) {
        means.set(e, shrunk.get(e));
      }
    }
    List<Moment.OfMemory> memories = new ArrayList<>();
    for (int memory = 0; memory < means.size(); memory++) {
      memories.add(new Moment.OfMemory(means.get(memory), routed.get(memory), ranks.get(memory)));
    }
    return new Moment(layer, tokens, memories);
  }

  @Override
  public void close() {
    sums.values().stream()
        .flatMap(of -> Arrays.stream(of.products()))
        .filter(Objects::nonNull)
        .forEach(NDArray::close);
  }

  private static int rank(NDArray matrix) {
    try (Scope scope = new Scope()) {
      double[] values = Tensors.eigenvalues(matrix).toDoubleArray();
      double threshold = values.length * 0x1p-24 * values[values.length - 1];
      return (int) Arrays.stream(values).filter(value -> value > threshold).count();
    }
  }
}
