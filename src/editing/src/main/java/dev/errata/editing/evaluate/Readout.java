package dev.errata.editing.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Rows;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.Arrays;

/**
 * Predictions at chosen positions; the vocabulary is projected there and nowhere else.
 *
 * @param argmax the most likely token at each position; of equals the first
 * @param logProbs at each position the log-probability of every wanted token
 */
record Readout(int[] argmax, double[][] logProbs) {
  /** Most logits held at once. */
  private static final int LOGITS = 1 << 24;

  /**
   * Reads.
   *
   * @param hidden the residual stream behind the last block, [B, T, d]
   * @param flat row · T + position of each position
   * @param wanted the tokens whose log-probability is wanted there
   */
  static Readout of(Decoder decoder, NDArray hidden, long[] flat, int[][] wanted) {
    int[] argmax = new int[flat.length];
    double[][] logProbs = new double[flat.length][];
    int vocabulary = decoder.architecture().vocabulary();
    int chunk = Math.max(1, LOGITS / vocabulary);
    for (int from = 0; from < flat.length; from += chunk) {
      int to = Math.min(flat.length, from + chunk);
      try (Scope scope = new Scope()) {
        NDArray rows = Rows.pickFlat(hidden, Arrays.copyOfRange(flat, from, to));
        NDArray logits = widened(decoder, decoder.logits(rows));
        long[] best = logits.argMax(-1).toLongArray();
        double[] picked = pick(logits.logSoftmax(-1), wanted, from, to);
        int next = 0;
        for (int i = from; i < to; i++) {
          argmax[i] = Math.toIntExact(best[i - from]);
          logProbs[i] = Arrays.copyOfRange(picked, next, next + wanted[i].length);
          next += wanted[i].length;
        }
      }
    }
    return new Readout(argmax, logProbs);
  }

  private static double[] pick(NDArray logProbs, int[][] wanted, int from, int to) {
    long vocabulary = logProbs.getShape().get(1);
    int count = 0;
    for (int i = from; i < to; i++) {
      count += wanted[i].length;
    }
    if (count == 0) {
      return new double[0];
    }
    long[] index = new long[count];
    int next = 0;
    for (int i = from; i < to; i++) {
      for (int token : wanted[i]) {
        index[next++] = (i - from) * vocabulary + token;
      }
    }
    NDArray picked = Tensors.rows(logProbs.flatten(), index);
    return Tensors.convert(picked, DataType.FLOAT64).toDoubleArray();
  }

  /** Half types in float32; the others as they are. */
  private static NDArray widened(Decoder decoder, NDArray logits) {
    return switch (decoder.compute().type()) {
      case FLOAT32, FLOAT64 -> logits;
      default -> Tensors.convert(logits, DataType.FLOAT32);
    };
  }
}
