package dev.errata.editing.locate;

import dev.errata.api.InputException;

/**
 * How facts are traced.
 *
 * @param samples noises drawn for each fact
 * @param noise standard deviation of the noise, as a multiple of that of the subjects' embeddings
 * @param window number of neighbouring layers whose attention or feed-forward output is restored
 *     together, or 0 to choose it by the model's depth
 * @param seed seed of the noise
 * @param batchTokens tokens that run through the model at once
 */
public record LocateSettings(int samples, double noise, int window, long seed, int batchTokens) {
  /** As in the paper: 10 samples of three standard deviations. */
  public static final LocateSettings DEFAULT = new LocateSettings(10, 3, 0, 0, 4096);

  /** A single layer says little: the paper restores 10 of GPT-2 XL's 48. */
  private static final int LARGEST_WINDOW = 10;

  /** Checks the settings. */
  public LocateSettings {
    require(samples >= 1, "samples", samples, "at least 1");
    require(noise > 0 && Double.isFinite(noise), "noise", noise, "above 0");
    require(window >= 0, "window", window, "at least 1, or 0 to have it chosen");
    require(batchTokens >= 1, "batchTokens", batchTokens, "at least 1");
  }

  private static void require(boolean holds, String field, Number value, String wanted) {
    if (!holds) {
      throw new InputException(field + " is " + value + "; it must be " + wanted);
    }
  }

  /** The window for a model of so many layers. */
  int windowOf(int layers) {
    return window > 0 ? window : Math.max(1, Math.min(LARGEST_WINDOW, layers / 4));
  }
}
