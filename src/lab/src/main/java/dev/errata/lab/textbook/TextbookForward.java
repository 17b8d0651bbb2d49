package dev.errata.lab.textbook;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Site;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Whole forward passes of one token row: all positions through all layers. */
final class TextbookForward {
  private final Decoder decoder;

  TextbookForward(Decoder decoder) {
    this.decoder = decoder;
  }

  /** Log-probabilities of the next token at every position, [1, T, vocabulary]. */
  NDArray logProbabilities(int[] ids, Tap tap) {
    NDArray hidden = decoder.hidden(TokenBatch.of(List.of(ids)), null, tap);
    return decoder.logits(hidden).logSoftmax(-1);
  }

  /**
   * A tap that adds δ to the output of a block at one position.
   *
   * @param delta δ, [d] float64; gradients flow to it
   * @param tokens T
   */
  Tap adding(NDArray delta, int layer, int position, int tokens) {
    return (at, site, value) -> {
      if (at != layer || site != Site.BLOCK_OUTPUT) {
        return value;
      }
      NDArray here = oneAt(position, tokens).mul(delta.reshape(1, 1, delta.size()));
      return value.add(Tensors.convert(here, value.getDataType()));
    };
  }

  /** 1 at one position and 0 elsewhere, [1, T, 1] float64. */
  NDArray oneAt(int position, int tokens) {
    double[] one = new double[tokens];
    one[position] = 1;
    return Tensors.owned(decoder.manager().create(one, new Shape(1, tokens, 1)));
  }

  /**
   * A number to multiply with. DJL's own products with Java numbers free the number before a
   * backward pass reads it again.
   */
  NDArray constant(double value) {
    return Tensors.owned(decoder.manager().create(value));
  }

  /**
   * What a site shows at one position.
   *
   * @return by layer, [width]
   */
  Map<Integer, double[]> see(int[] ids, Site wanted, int position) {
    Map<Integer, double[]> seen = new TreeMap<>();
    Tap tap =
        (layer, site, value) -> {
          if (site == wanted) {
            int width = Math.toIntExact(value.getShape().get(2));
            double[] all = value.toType(DataType.FLOAT64, true).toDoubleArray();
            seen.put(layer, Arrays.copyOfRange(all, position * width, (position + 1) * width));
          }
          return value;
        };
    try (Scope scope = new Scope()) {
      decoder.hidden(TokenBatch.of(List.of(ids)), null, tap);
    }
    return seen;
  }
}
