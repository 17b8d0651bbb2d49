package dev.errata.editing.memory;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.List;

/**
 * A λ chosen by what it does, since λ itself is not portable between models.
 *
 * @param lambda λ of M = λ C
 * @param residualShare the share of the residual that a solve of one layer leaves with it
 * @param reached false when no λ between the bounds leaves the wanted share; {@code lambda} is then
 *     the bound that comes nearest
 */
public record LambdaChoice(double lambda, double residualShare, boolean reached) {
  /** The bounds of λ as multiples of the largest eigenvalue of K C⁻¹ Kᵀ. */
  private static final double BOUND = 1e9;

  private static final int BISECTIONS = 100;
  private static final double NULL = 1e-14;

  /**
   * The weight with which {@link ClosedForm} leaves the given share of the residual of one layer.
   * With G = Σ_e K_e M_e⁻¹ K_eᵀ at weight 1 and G = U diag(s) Uᵀ the share is
   *
   * <pre>share(λ)² = Σ_i (1 / (1 + s_i / λ))² ‖u_iᵀ R‖² / ‖R‖²,</pre>
   *
   * which grows with λ from the part of R that the keys cannot fit to 1: one eigendecomposition, of
   * n × n or, for one memory that all rows reach, of f × f where that is smaller, and a bisection
   * on log λ. Keys that a metric is to keep are added to it afterwards.
   *
   * @param memories those of the first edited layer, whatever the weights of their metrics
   * @param residuals R of that layer, [n, d]
   * @param share the wanted share, above 0 and below 1
   */
  public static LambdaChoice forResidualShare(
      List<LinearMemory> memories, NDArray residuals, double share) {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException(
          "the share of the residual is " + share + "; it must be above 0 and below 1");
    }
    List<LinearMemory> plain = memories.stream().map(memory -> memory.withWeight(1)).toList();
    return Spectrum.of(plain, residuals).choose(share);
  }

  /** For one memory that all rows reach, with its keys K [n, f] and its moment C [f, f]. */
  public static LambdaChoice forResidualShare(
      NDArray keys, NDArray moment, NDArray residuals, double share) {
    try (Scope scope = new Scope()) {
      LinearMemory memory = new LinearMemory(keys, MomentMetric.of(moment, 1));
      return forResidualShare(List.of(memory), residuals, share);
    }
  }

  /**
   * Eigenvalues of K C⁻¹ Kᵀ and the residual along their vectors.
   *
   * @param values s_i
   * @param energies ‖u_iᵀ R‖²
   * @param unreachable the part of ‖R‖² that lies off all these vectors
   */
  private record Spectrum(double[] values, double[] energies, double unreachable) {

    static Spectrum of(List<LinearMemory> memories, NDArray residuals) {
      try (Scope scope = new Scope()) {
        NDArray wide = Tensors.convert(residuals, DataType.FLOAT64);
        LinearMemory first = memories.get(0);
        boolean tall =
            memories.size() == 1
                && first.rows() == null
                && residuals.getShape().get(0) > first.metric().width();
        return tall && first.metric() instanceof MomentMetric moment
            ? ofColumns(Tensors.convert(first.keys(), DataType.FLOAT64), moment, wide)
            : ofRows(memories, wide);
      }
    }

    private static Spectrum ofRows(List<LinearMemory> memories, NDArray residuals) {
      long n = residuals.getShape().get(0);
      ClosedForm.Gram gram = ClosedForm.Gram.of(memories, residuals.getManager(), n);
      NDList eigen = Tensors.eigh(gram.matrix());
      NDArray along = eigen.get(1).transpose().matMul(residuals);
      return new Spectrum(
          eigen.get(0).toDoubleArray(), along.square().sum(new int[] {1}).toDoubleArray(), 0);
    }

    /** With W = K L⁻ᵀ for C = L Lᵀ: the eigenvalues of Wᵀ W, and u_i = W v_i / √s_i. */
    private static Spectrum ofColumns(NDArray keys, MomentMetric metric, NDArray residuals) {
      NDArray whitened = metric.whiten(keys.transpose());
      NDArray gram = whitened.matMul(whitened.transpose());
      NDList eigen = Tensors.eigh(gram.add(gram.transpose()).mul(0.5));
      NDArray along = eigen.get(1).transpose().matMul(whitened.matMul(residuals));
      double[] values = eigen.get(0).toDoubleArray();
      double[] energies = along.square().sum(new int[] {1}).toDoubleArray();
      double rest = residuals.square().sum().getDouble();
      double largest = values[values.length - 1];
      for (int i = 0; i < values.length; i++) {
        boolean real = values[i] > NULL * largest;
        energies[i] = real ? energies[i] / values[i] : 0;
        rest -= energies[i];
      }
      return new Spectrum(values, energies, Math.max(0, rest));
    }

    double share(double lambda) {
      double total = unreachable;
      double left = unreachable;
      for (int i = 0; i < values.length; i++) {
        double kept = 1 / (1 + Math.max(0, values[i]) / lambda);
        total += energies[i];
        left += kept * kept * energies[i];
      }
      return total == 0 ? 0 : Math.sqrt(left / total);
    }

    LambdaChoice choose(double wanted) {
      double largest = Math.max(0, values[values.length - 1]);
      if (!Double.isFinite(largest + share(1))) {
        throw new ArithmeticException("the keys or residuals of the choice are not finite");
      }
      if (largest == 0) {
        return new LambdaChoice(1, share(1), false);
      }
      double low = largest / BOUND;
      double high = largest * BOUND;
      if (share(low) > wanted) {
        return new LambdaChoice(low, share(low), false);
      }
      if (share(high) < wanted) {
        return new LambdaChoice(high, share(high), false);
      }
      for (int i = 0; i < BISECTIONS; i++) {
        double middle = Math.sqrt(low) * Math.sqrt(high);
        if (share(middle) < wanted) {
          low = middle;
        } else {
          high = middle;
        }
      }
      return new LambdaChoice(high, share(high), true);
    }
  }
}
