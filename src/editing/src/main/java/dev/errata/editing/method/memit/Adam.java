package dev.errata.editing.method.memit;

/**
 * Adam (Kingma and Ba 2015) on δ of every group, each projected onto its ball after a step; rows do
 * not know of each other.
 */
final class Adam {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double EPSILON = 1e-8;

  private final MemitSettings settings;
  private final double[] norms;
  private final int width;
  private final double[] delta;
  private final double[] first;
  private final double[] second;
  private int steps;

  /**
   * Starts at δ = 0.
   *
   * @param groups number of rows
   * @param width d
   * @param norms ‖h₀‖ of each row
   */
  Adam(int groups, int width, MemitSettings settings, double[] norms) {
    this.settings = settings;
    this.norms = norms;
    this.width = width;
    this.delta = new double[groups * width];
    this.first = new double[groups * width];
    this.second = new double[groups * width];
  }

  /** δ of all rows, row-major. */
  double[] flat() {
    return delta;
  }

  float[] delta(int group) {
    float[] row = new float[width];
    for (int i = 0; i < width; i++) {
      row[i] = (float) delta[group * width + i];
    }
    return row;
  }

  double norm(int group) {
    double sum = 0;
    for (int i = group * width; i < (group + 1) * width; i++) {
      sum += delta[i] * delta[i];
    }
    return Math.sqrt(sum);
  }

  static double norm(float[] vector) {
    double sum = 0;
    for (float value : vector) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  /**
   * Moves the active rows.
   *
   * @param gradient of the loss without weight decay, whose gradient is added here
   */
  void step(double[][] gradient, boolean[] active) {
    steps++;
    double correction1 = 1 - Math.pow(BETA1, steps);
    double correction2 = 1 - Math.pow(BETA2, steps);
    for (int g = 0; g < active.length; g++) {
      if (!active[g]) {
        continue;
      }
      int from = g * width;
      double norm = norm(g);
      // d (wd ‖δ‖ / ‖h₀‖²) / dδ; at δ = 0 the subgradient 0, as PyTorch takes it
      double decay = norm == 0 ? 0 : settings.weightDecay() / (norms[g] * norms[g] * norm);
      for (int i = 0; i < width; i++) {
        double slope = gradient[g][i] + decay * delta[from + i];
        double m = BETA1 * first[from + i] + (1 - BETA1) * slope;
        double v = BETA2 * second[from + i] + (1 - BETA2) * slope * slope;
        first[from + i] = m;
        second[from + i] = v;
        double move =
            settings.learningRate() * (m / correction1) / (Math.sqrt(v / correction2) + EPSILON);
        delta[from + i] -= move;
      }
      project(g);
    }
  }

  private void project(int group) {
    double limit = settings.clamp() * norms[group];
    double norm = norm(group);
    if (norm > limit) {
      for (int i = group * width; i < (group + 1) * width; i++) {
        delta[i] *= limit / norm;
      }
    }
  }
}
