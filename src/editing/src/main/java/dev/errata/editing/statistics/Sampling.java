package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.errata.editing.torch.Kernels;
import dev.errata.editing.torch.Scope;
import java.util.Arrays;
import java.util.Map;

/** Draws tokens by inverse transform. */
final class Sampling {
  private static final Kernels KERNELS =
      Kernels.load(NDManager.newBaseManager("PyTorch"), Sampling.class, "sampling.py", Map.of());

  private Sampling() {}

  /**
   * The first token of each row at which the running sum of the probabilities exceeds u. The sums
   * are of exponentials in float32: over blocks of 256 tokens first, in float64 over the blocks,
   * then in float64 within the block that u falls into.
   *
   * @param logits [B, vocabulary]
   * @param temperature what the logits are divided by
   * @param uniform u of each row, in [0, 1), length B
   */
  static synchronized int[] inverse(NDArray logits, double temperature, double[] uniform) {
    try (Scope scope = new Scope()) {
      NDManager manager = logits.getManager();
      NDArray tokens =
          KERNELS.one(
              "inverse", logits, manager.create((float) temperature), manager.create(uniform));
      return Arrays.stream(tokens.toLongArray()).mapToInt(Math::toIntExact).toArray();
    }
  }
}
