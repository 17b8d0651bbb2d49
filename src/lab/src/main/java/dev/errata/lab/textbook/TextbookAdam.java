package dev.errata.lab.textbook;

/** Adam (Kingma and Ba 2015, algorithm 1) with its default β and ε, on one vector. */
final class TextbookAdam {
  private final double learningRate;
  private final double[] m;
  private final double[] v;
  private int t;

  TextbookAdam(int width, double learningRate) {
    this.learningRate = learningRate;
    this.m = new double[width];
    this.v = new double[width];
  }

  /** The point after one step from {@code theta} down the gradient. */
  double[] step(double[] theta, double[] gradient) {
    t++;
    double[] next = new double[theta.length];
    for (int i = 0; i < theta.length; i++) {
      m[i] = 0.9 * m[i] + 0.1 * gradient[i];
      v[i] = 0.999 * v[i] + 0.001 * gradient[i] * gradient[i];
      double unbiasedM = m[i] / (1 - Math.pow(0.9, t));
      double unbiasedV = v[i] / (1 - Math.pow(0.999, t));
      next[i] = theta[i] - learningRate * unbiasedM / (Math.sqrt(unbiasedV) + 1e-8);
    }
    return next;
  }
}
