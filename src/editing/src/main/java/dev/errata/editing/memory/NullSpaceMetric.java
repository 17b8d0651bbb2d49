package dev.errata.editing.memory;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.Optional;

/**
 * AlphaEdit's metric (Fang et al. 2025, arXiv 2410.02355): M = L2 · I on the null space of a
 * corpus' keys and infinite off it, so that a change answers no key of the corpus: Δ = Δ̃ P, and
 * M⁻¹ = U (L2 I + Uᵀ K₀ᵀ K₀ U)⁻¹ Uᵀ for an orthonormal basis U of the null space and keys K₀ that
 * are to be kept.
 *
 * <p>Holds float64 tensors [f, r] and [r, r], which belong to the scope that was open when it was
 * made.
 */
public final class NullSpaceMetric implements Metric {
  private final NDArray basis;
  private final NDArray factor; // of L2 I + Uᵀ K₀ᵀ K₀ U; null for L2 I
  private final double weight;

  private NullSpaceMetric(NDArray basis, NDArray factor, double weight) {
    this.basis = basis;
    this.factor = factor;
    this.weight = weight;
  }

  /**
   * The null space of a moment.
   *
   * @param moment C, symmetric and positive semi-definite, [f, f], any floating type
   * @param traceShare the eigenvectors of the least eigenvalues span the null space, as many as
   *     hold at most this share of the trace together; from 0 to 1
   * @return the metric with weight 1; its {@link #dimensions} may be 0, which the caller must
   *     refuse
   * @throws ArithmeticException when the moment is zero or not finite
   */
  public static NullSpaceMetric ofTraceShare(NDArray moment, double traceShare) {
    try (Scope scope = new Scope()) {
      NDList eigen = eigen(moment);
      double[] values = eigen.get(0).toDoubleArray();
      double trace = 0;
      for (double value : values) {
        trace += Math.max(0, value);
      }
      double held = 0;
      int kept = 0;
      while (kept < values.length && held + Math.max(0, values[kept]) <= traceShare * trace) {
        held += Math.max(0, values[kept]);
        kept++;
      }
      return of(scope, eigen, kept);
    }
  }

  /**
   * The null space of a moment.
   *
   * @param rank how many leading eigenvectors are off the null space
   */
  public static NullSpaceMetric ofRank(NDArray moment, int rank) {
    try (Scope scope = new Scope()) {
      NDList eigen = eigen(moment);
      return of(scope, eigen, (int) Math.max(0, eigen.get(0).size() - rank));
    }
  }

  private static NDList eigen(NDArray moment) {
    NDArray wide = Tensors.convert(moment, DataType.FLOAT64);
    double trace = wide.diagonal().sum().getDouble();
    if (!(trace > 0) || Double.isInfinite(trace)) {
      throw new ArithmeticException(
          "the second moment has the trace " + trace + "; it must be positive");
    }
    return Tensors.eigh(wide);
  }

  private static NullSpaceMetric of(Scope scope, NDList eigen, int kept) {
    // Eigenvalues ascend: the null space comes first.
    NDArray basis = Tensors.contiguous(eigen.get(1).get(":, :" + kept));
    return new NullSpaceMetric(scope.keep(basis), null, 1);
  }

  /** Dimensions of the null space. */
  public int dimensions() {
    return Math.toIntExact(basis.getShape().get(1));
  }

  @Override
  public long width() {
    return basis.getShape().get(0);
  }

  @Override
  public NDArray solve(NDArray columns) {
    try (Scope scope = new Scope()) {
      NDArray inside = basis.transpose().matMul(columns);
      NDArray solved = factor == null ? inside.div(weight) : Tensors.choleskySolve(inside, factor);
      return scope.keep(basis.matMul(solved));
    }
  }

  @Override
  public Optional<NDArray> matrix() {
    return Optional.empty();
  }

  @Override
  public NullSpaceMetric withWeight(double other) {
    if (!(other > 0) || Double.isInfinite(other)) {
      throw new IllegalArgumentException("L2 is " + other + "; it must be above 0");
    }
    if (factor != null) {
      throw new IllegalStateException("the weight is set before keys are kept");
    }
    return new NullSpaceMetric(basis, null, other);
  }

  @Override
  public NullSpaceMetric keeping(NDArray keys) {
    if (factor != null) {
      throw new IllegalStateException("all keys are kept at once");
    }
    try (Scope scope = new Scope()) {
      NDArray inside = Tensors.convert(keys, DataType.FLOAT64).matMul(basis);
      int dimensions = dimensions();
      NDArray identity =
          basis.getManager().eye(dimensions, dimensions, 0, DataType.FLOAT64).mul(weight);
      NDArray system = identity.add(inside.transpose().matMul(inside));
      return new NullSpaceMetric(basis, scope.keep(Tensors.cholesky(system)), weight);
    }
  }

  @Override
  public double ridge() {
    return 0;
  }
}
