package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.editing.model.Architecture;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Frame;
import dev.errata.editing.model.MemoryKeys;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.NativeHeap;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Second moments of all memories of all wanted layers in one streaming pass over a corpus; blocks
 * above the last wanted layer are not run, padding is not counted.
 *
 * <p>Kᵀ K of a batch is computed in float32, or in float64 when the model runs in it, and added up
 * over the batches in float64: a sum over at most {@value #BATCH_TOKENS} tokens loses about as much
 * as the keys have lost already. Half of it is computed, see {@link SymmetricSum}; whole moments
 * are made of the sums one layer at a time.
 */
public final class SecondMoments implements AutoCloseable {
  /** Tokens, padding included, that run through the model at once. */
  public static final int BATCH_TOKENS = 2048;

  private final Decoder decoder;
  private final Map<Integer, Sums> sums = new TreeMap<>();

  /** Σ g² k kᵀ of every memory of a layer, and its tokens. */
  record Sums(List<SymmetricSum> products, long[] routed) {}

  private SecondMoments(Decoder decoder, List<Integer> layers) {
    this.decoder = decoder;
    for (int layer : layers) {
      int memories = decoder.architecture().memories(layer);
      List<SymmetricSum> products = new ArrayList<>();
      for (int memory = 0; memory < memories; memory++) {
        products.add(new SymmetricSum(decoder.architecture().memoryWidth(layer, memory)));
      }
      sums.put(layer, new Sums(products, new long[memories]));
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

  static Map<Integer, Moment> collect(
      Decoder decoder,
      Iterator<int[]> rows,
      List<Integer> layers,
      long tokens,
      int budget,
      Unfinished unfinished,
      Progress progress) {
    Map<Integer, Moment> result = new TreeMap<>();
    Consumer<Moment> taker =
        moment -> {
          moment.memories().forEach(memory -> Scope.escape(memory.matrix()));
          result.put(moment.layer(), moment);
        };
    collect(decoder, rows, layers, tokens, budget, unfinished, progress, taker);
    result.values().forEach(moment -> moment.memories().forEach(m -> Scope.adopt(m.matrix())));
    return result;
  }

  /**
   * Collects, going on from what an earlier pass over the same rows has kept, and hands over layer
   * after layer: two whole moments are never in memory.
   *
   * @param unfinished where sums are kept, or null to keep none
   * @param taker takes each moment in ascending order of the layers; its tensors are closed when it
   *     returns
   */
  static void collect(
      Decoder decoder,
      Iterator<int[]> rows,
      List<Integer> layers,
      long tokens,
      int budget,
      Unfinished unfinished,
      Progress progress,
      Consumer<Moment> taker) {
    requireLayers(decoder, layers);
    if (tokens <= 0) {
      throw new InputException("statistics.tokens is " + tokens + "; it must be above 0");
    }
    try (SecondMoments moments = new SecondMoments(decoder, layers)) {
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
          unfinished.offer(new Unfinished.Kept(batches.taken(), moments.sums));
        }
        progress.advance(batches.taken(), tokens);
      }
      moments.handOver(tokens, taker);
    }
  }

  /** Takes over kept sums and passes over the rows that are in them. */
  private void resume(Unfinished unfinished, Batches batches, Progress progress) {
    if (unfinished == null) {
      return;
    }
    unfinished
        .read(decoder, progress::note)
        .filter(kept -> kept.sums().keySet().equals(sums.keySet()))
        .ifPresent(
            kept -> {
              while (batches.taken() < kept.tokens() && !batches.next().isEmpty()) {
                // The same rows make the same batches.
              }
              sums.putAll(kept.sums());
            });
  }

  /** Bytes of the sum of one memory of a width while moments are collected. */
  public static long sumBytes(int width) {
    return SymmetricSum.bytes(width);
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
        long[] positions = batch.places();
        routed = positions.length;
        keys = real == null ? keys : Tensors.rows(keys, positions);
      } else if (real != null) {
        NDArray counted = Tensors.rows(real, read.positions());
        routed = (long) counted.sum().getFloat();
        keys = keys.mul(wide(counted).reshape(-1, 1));
      }
      Sums of = sums.get(layer);
      of.routed()[read.memory()] += routed;
      of.products().get(read.memory()).add(keys);
    }
  }

  /** In the type of the products. */
  private NDArray wide(NDArray values) {
    boolean wide = decoder.compute().type() == DataType.FLOAT64;
    return Tensors.convert(values, wide ? DataType.FLOAT64 : DataType.FLOAT32);
  }

  private static boolean isPadded(TokenBatch batch) {
    return batch.places().length < batch.size() * batch.width();
  }

  /** 1 at real positions and 0 at padding, [B · T] float32. */
  private NDArray real(TokenBatch batch) {
    float[] real = new float[batch.size() * batch.width()];
    for (long position : batch.places()) {
      real[(int) position] = 1;
    }
    return decoder.manager().create(real);
  }

  private void handOver(long tokens, Consumer<Moment> taker) {
    NativeHeap.trim();
    sums.forEach(
        (layer, of) -> {
          try (Scope scope = new Scope()) {
            taker.accept(mean(layer, of, tokens));
          }
        });
  }

  private Moment mean(int layer, Sums of, long tokens) {
    Architecture architecture = decoder.architecture();
    List<NDArray> means = new ArrayList<>();
    List<Integer> ranks = new ArrayList<>();
    for (SymmetricSum sum : of.products()) {
      boolean empty = sum.isEmpty();
      NDArray mean = sum.takeMean(decoder.manager(), (double) tokens);
      means.add(mean);
      ranks.add(empty ? 0 : rank(mean));
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
    sums.values().forEach(of -> of.products().forEach(SymmetricSum::close));
  }

  private static int rank(NDArray matrix) {
    double largest = Tensors.largestEigenvalue(matrix);
    return largest > 0
        ? Tensors.eigenvaluesAbove(matrix, matrix.getShape().get(0) * 0x1p-24 * largest)
        : 0;
  }
}
