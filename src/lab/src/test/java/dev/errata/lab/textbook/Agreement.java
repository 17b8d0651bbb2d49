package dev.errata.lab.textbook;

import static org.assertj.core.api.Assertions.assertThat;

/** Relative distances between vectors. */
final class Agreement {
  private Agreement() {}

  /** ‖actual − expected‖ / ‖expected‖. */
  static double distance(double[] actual, double[] expected) {
    return norm(minus(actual, expected)) / norm(expected);
  }

  static double[] minus(double[] left, double[] right) {
    assertThat(left).hasSameSizeAs(right);
    double[] difference = left.clone();
    for (int i = 0; i < right.length; i++) {
      difference[i] -= right[i];
    }
    return difference;
  }

  static double norm(double[] vector) {
    return TextbookValues.norm(vector);
  }
}
