package dev.errata.editing.memory;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.Optional;

/**
 * MEMIT's metric M = λ C of the second moment C of a corpus (Meng et al. 2023, equation 14),
 * optionally with the keys of earlier edits, M = λ C + K₀ᵀ K₀ (equation 13), which the next edit
 * then leaves as they are.
 *
 * <p>A moment that is singular or nearly so, as that of fewer tokens than f is, gets a ridge: the
 * smallest of 0, 1e-8, 1e-7, … 1e-2 times its mean eigenvalue with which every pivot of its
 * Cholesky factor is at least 1e-10 of that mean. {@link #ridge} tells which.
 *
 * <p>Holds one float64 tensor [f, f], the factor, which belongs to the scope that was open when it
 * was made, and the moment that it was made of, which is not copied and must live as long.
 */
public final class MomentMetric implements Metric {
  private static final double SMALLEST_PIVOT = 1e-10;
  private static final double SMALLEST_RIDGE = 1e-8;
  private static final double LARGEST_RIDGE = 1e-2;
  private static final double RIDGE_STEP = 10;

  private final NDArray base;
  private final double added;
  private final NDArray factor;
  private final double scale;
  private final double ridge;

  /**
   * Of parts.
   *
   * @param added what belongs on the base's diagonal
   */
  private MomentMetric(NDArray base, double added, NDArray factor, double scale, double ridge) {
    this.base = base;
    this.added = added;
    this.factor = factor;
    this.scale = scale;
    this.ridge = ridge;
  }

  /**
   * M = λ C.
   *
   * @param moment C, symmetric and positive semi-definite, [f, f], any floating type
   * @param lambda λ, above 0
   * @return the metric, over the moment itself
   * @throws ArithmeticException when the moment is zero, not finite or indefinite beyond the
   *     largest ridge
   */
  public static MomentMetric of(NDArray moment, double lambda) {
    requirePositive(lambda);
    try (Scope scope = new Scope()) {
      boolean wide = moment.getDataType() == DataType.FLOAT64;
      NDArray base = wide ? moment : scope.keep(Tensors.convert(moment, DataType.FLOAT64));
      long width = base.getShape().get(0);
      double mean = base.diagonal().sum().getDouble() / width;
      if (!(mean > 0) || Double.isInfinite(mean)) {
        throw new ArithmeticException(
            "the second moment has the mean eigenvalue " + mean + "; it must be positive");
      }
      double ridge = 0;
      while (ridge <= LARGEST_RIDGE * (1 + 1e-9)) {
        NDArray factor = factor(base, ridge * mean, SMALLEST_PIVOT * mean);
        if (factor != null) {
          return new MomentMetric(base, ridge * mean, scope.keep(factor), lambda, ridge);
        }
        ridge = ridge == 0 ? SMALLEST_RIDGE : ridge * RIDGE_STEP;
      }
      throw new ArithmeticException(
          "the second moment is not positive definite even with a ridge of "
              + LARGEST_RIDGE
              + " times its mean eigenvalue");
    }
  }

  /** The lower factor of C + r I, to the open scope; null when a pivot is too small. */
  private static NDArray factor(NDArray matrix, double ridge, double smallestPivot) {
    try (Scope scope = new Scope()) {
      NDArray factor =
          Tensors.choleskyIfDefinite(ridge == 0 ? matrix : Tensors.ridged(matrix, ridge))
              .orElse(null);
      if (factor == null) {
        return null;
      }
      double least = factor.diagonal().min().getDouble();
      return least * least >= smallestPivot ? scope.keep(factor) : null;
    }
  }

  private static void requirePositive(double lambda) {
    if (!(lambda > 0) || Double.isInfinite(lambda)) {
      throw new IllegalArgumentException("lambda is " + lambda + "; it must be above 0");
    }
  }

  /** The same moment with another λ; shares the tensors of this metric. */
  public MomentMetric withLambda(double lambda) {
    requirePositive(lambda);
    return new MomentMetric(base, added, factor, lambda, ridge);
  }

  @Override
  public MomentMetric withWeight(double weight) {
    return withLambda(weight);
  }

  @Override
  public MomentMetric keeping(NDArray keys) {
    try (Scope scope = new Scope()) {
      NDArray wide = Tensors.convert(keys, DataType.FLOAT64);
      NDArray sum = scope.keep(matrix().orElseThrow().addi(wide.transpose().matMul(wide)));
      MomentMetric metric = of(sum, 1);
      scope.keep(metric.factor);
      return new MomentMetric(sum, metric.added, metric.factor, 1, Math.max(ridge, metric.ridge));
    }
  }

  @Override
  public double ridge() {
    return ridge;
  }

  @Override
  public long width() {
    return base.getShape().get(0);
  }

  @Override
  public NDArray solve(NDArray columns) {
    try (Scope scope = new Scope()) {
      return scope.keep(Tensors.choleskySolve(columns, factor).divi(scale));
    }
  }

  /**
   * L⁻¹ X for the lower Cholesky factor L of M.
   *
   * @param columns X, [f, m] float64
   */
  NDArray whiten(NDArray columns) {
    try (Scope scope = new Scope()) {
      return scope.keep(Tensors.triangularSolve(columns, factor).divi(Math.sqrt(scale)));
    }
  }

  @Override
  public Optional<NDArray> matrix() {
    return Optional.of(added == 0 ? base.mul(scale) : Tensors.ridged(base, added).muli(scale));
  }
}
