package dev.errata.lab.textbook;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Site;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Scope;
import java.util.List;

/** Step 1 of MEMIT: one pass over the corpus for one layer, one row at a time. */
final class TextbookMoments {
  private TextbookMoments() {}

  /**
   * C = E[k kᵀ] over all tokens of the rows.
   *
   * @return [f, f] float64, of the open scope
   */
  static NDArray of(Decoder decoder, List<int[]> rows, int layer) {
    try (Scope scope = new Scope()) {
      int width = decoder.architecture().feedForward().inner();
      NDArray sum = decoder.manager().zeros(new Shape(width, width), DataType.FLOAT64);
      long tokens = 0;
      for (int[] row : rows) {
        add(decoder, row, layer, sum);
        tokens += row.length;
      }
      return scope.keep(sum.div(tokens));
    }
  }

  private static void add(Decoder decoder, int[] row, int layer, NDArray sum) {
    Tap tap =
        (at, site, value) -> {
          if (at == layer && site == Site.FEED_FORWARD_KEY) {
            NDArray keys = value.toType(DataType.FLOAT64, true).squeeze(0);
            sum.addi(keys.transpose().matMul(keys));
          }
          return value;
        };
    try (Scope scope = new Scope()) {
      decoder.hidden(TokenBatch.of(List.of(row)), null, tap);
    }
  }
}
