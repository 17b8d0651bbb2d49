package dev.errata.lab.bench;

import dev.errata.editing.method.memit.LayerUpdate;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.method.memit.ValueWork;
import dev.errata.editing.model.Architecture;
import java.util.List;

/**
 * The floating-point operations that a stage cannot do without: its products of matrices over real
 * tokens. Padding, attention among positions, norms and all else are not counted, so that the share
 * of the machine's rate is what reaches the result.
 *
 * @param forward operations in the model's type
 * @param solve operations in float64
 */
record Operations(double forward, double solve) {
  private static final int MULTIPLY_ADD = 2;

  /** Of a token in a block of a dense model. */
  private static double block(Architecture model) {
    Architecture.Attention attention = model.attention();
    double d = model.hidden();
    double heads = attention.heads() + attention.keyValueHeads();
    double projections = 2 * heads * attention.headDim() * d;
    double linears = model.feedForward().gated() ? 3 : 2;
    return MULTIPLY_ADD * (projections + linears * d * model.feedForward().inner());
  }

  /**
   * Of the values: every token once through all blocks, those that δ reaches again and again
   * through the blocks above it and back, of which the last one only has to answer at labels.
   */
  static Operations values(Architecture model, int valueLayer, ValueWork work) {
    double above = model.layers() - valueLayer - 1.0;
    double word = (double) MULTIPLY_ADD * model.hidden() * model.vocabulary();
    return new Operations(
        block(model) * (work.tokens() * model.layers() + passes(work, above))
            + work.labels() * word,
        0);
  }

  private static double passes(ValueWork work, double above) {
    return above == 0 ? 0 : work.passes() * (above - 1) + work.labels();
  }

  /** Of the statistics: the blocks up to the last layer, and half of each symmetric product. */
  static Operations statistics(Architecture model, List<Integer> layers, long tokens) {
    double f = model.feedForward().inner();
    double last = layers.get(layers.size() - 1) + 1.0;
    return new Operations(tokens * (block(model) * last + layers.size() * f * (f + 1)), 0);
  }

  /**
   * Of the update: all rows through the blocks below the last edited one, the bare ones further to
   * the value layer at every edited layer; a Cholesky factor of every moment and the dual solve.
   */
  static Operations update(Architecture model, MemitSettings settings, LayerUpdate.Size size) {
    List<Integer> layers = settings.layers();
    double tokens = (double) size.tokens() * layers.get(layers.size() - 1);
    for (int layer : layers) {
      tokens += (double) size.bareTokens() * (settings.valueLayer() - layer + 1);
    }
    double n = size.keys();
    double f = model.feedForward().inner();
    double d = model.hidden();
    double solve = f * f * f / 3 + MULTIPLY_ADD * n * f * f + MULTIPLY_ADD * n * n * f;
    solve += n * n * n / 3 + MULTIPLY_ADD * n * n * d + MULTIPLY_ADD * n * f * d;
    return new Operations(tokens * block(model), layers.size() * solve);
  }

  /** The time at the full rates over the time that it took. */
  double share(double seconds, double forwardRate, double solveRate) {
    return (forward / forwardRate + solve / solveRate) / seconds;
  }
}
