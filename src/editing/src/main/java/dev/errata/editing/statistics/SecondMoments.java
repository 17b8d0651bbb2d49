package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Frame;
import dev.errata.editing.model.Rows;
import dev.errata.editing.model.Site;
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
 * Second moments of all wanted layers in one streaming pass over a corpus; blocks above the last
 * wanted layer are not run, padding is not counted.
 *
 * <p>Kᵀ K of a batch is computed in float32, or in float64 when the model runs in it, and added up
 * over the batches in float64: a sum over at most {@value #BATCH_TOKENS} tokens loses about as much
 * as the keys have lost already.
 */
public final class SecondMoments implements AutoCloseable {
  /** Tokens, padding included, that run through the model at once. */
  public static final int BATCH_TOKENS = 2048;

  private final Decoder decoder;
  private final Map<Integer, NDArray> sums = new TreeMap<>();

  private SecondMoments(Decoder decoder, List<Integer> layers) {
    this.decoder = decoder;
    layers.forEach(layer -> sums.put(layer, null));
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
    return collect(decoder, rows, layers, tokens, BATCH_TOKENS, progress);
  }

  static Map<Integer, Moment> collect(
      Decoder decoder,
      Iterator<int[]> rows,
      List<Integer> layers,
      long tokens,
      int budget,
      Progress progress) {
    requireLayers(decoder, layers);
    if (tokens <= 0) {
      throw new InputException("statistics.tokens is " + tokens + "; it must be above 0");
    }
    try (Scope scope = new Scope();
        SecondMoments moments = new SecondMoments(decoder, layers)) {
      Batches batches = new Batches(rows, tokens, budget);
      progress.advance(0, tokens);
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
        progress.advance(batches.taken(), tokens);
      }
      Map<Integer, Moment> result = moments.means(tokens);
      result.values().forEach(moment -> scope.keep(moment.matrix()));
      return result;
    }
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
      Tap tap =
          (layer, site, value) -> {
            if (site == Site.FEED_FORWARD_KEY && sums.containsKey(layer)) {
              add(layer, value, batch);
            }
            return value;
          };
      int last = Collections.max(sums.keySet());
      Frame frame = decoder.frame(batch, null);
      decoder.blocks(0, last + 1, decoder.embed(batch), frame, null, null, tap);
    }
  }

  private void add(int layer, NDArray keys, TokenBatch batch) {
    try (Scope scope = new Scope()) {
      NDArray real = real(keys, batch);
      NDArray product = Tensors.convert(real.transpose().matMul(real), DataType.FLOAT64);
      NDArray sum = sums.get(layer);
      if (sum == null) {
        sums.put(layer, scope.release(product));
      } else {
        sum.addi(product);
      }
    }
  }

  /** The keys of real positions, [tokens, f], in the type of the products. */
  private NDArray real(NDArray keys, TokenBatch batch) {
    Shape shape = keys.getShape();
    long[] positions = positions(batch);
    NDArray picked =
        positions.length == shape.get(0) * shape.get(1)
            ? keys.reshape(positions.length, shape.get(2))
            : Rows.pickFlat(keys, positions);
    boolean wide = decoder.compute().type() == DataType.FLOAT64;
    return Tensors.convert(picked, wide ? DataType.FLOAT64 : DataType.FLOAT32);
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
    sums.forEach(
        (layer, sum) -> {
          NDArray mean = sum.add(sum.transpose()).mul(0.5 / tokens);
          result.put(layer, new Moment(layer, mean, tokens, rank(mean)));
        });
    return result;
  }

  @Override
  public void close() {
    sums.values().stream().filter(Objects::nonNull).forEach(NDArray::close);
  }

  private static int rank(NDArray matrix) {
    try (Scope scope = new Scope()) {
      double[] values = Tensors.eigenvalues(matrix).toDoubleArray();
      double threshold = values.length * 0x1p-24 * values[values.length - 1];
      return (int) Arrays.stream(values).filter(value -> value > threshold).count();
    }
  }
}
