package dev.errata.editing.evaluate;

/**
 * What a model says of a {@link Probe}.
 *
 * @param target the probe's target
 * @param logProb Σ log p(target token | prompt, target tokens before it), natural logarithm
 * @param predicted the most likely token at every place of the target, given the target tokens
 *     before it
 */
record Score(int[] target, double logProb, int[] predicted) {

  /** Mean log-probability of a target token: length-normalised, as in MEMIT's evaluation. */
  double meanLogProb() {
    return logProb / target.length;
  }

  /** How many predicted tokens come before the first that is not the target's. */
  int agreeing() {
    int count = 0;
    while (count < target.length && target[count] == predicted[count]) {
      count++;
    }
    return count;
  }

  /**
   * Whether greedy decoding gives the target. As long as it does, greedy decoding has the target's
   * own tokens before it, so forcing them changes nothing.
   */
  boolean exact() {
    return agreeing() == target.length;
  }

  /** Share of target tokens that are predicted. */
  double accuracy() {
    return share(target, predicted);
  }

  /** Share of places where two token rows of the same length agree. */
  static double share(int[] expected, int[] actual) {
    int equal = 0;
    for (int i = 0; i < expected.length; i++) {
      equal += expected[i] == actual[i] ? 1 : 0;
    }
    return (double) equal / expected.length;
  }
}
