package dev.errata.editing.memory;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The exact minimiser, in float64, of
 *
 * <pre>‖ Σ_e K_e Δ_eᵀ − R ‖² + Σ_e tr(Δ_e M_e Δ_eᵀ)</pre>
 *
 * over the changes Δ_e of E ≥ 1 linear memories that answer together. For one memory with M = λ C
 * it is MEMIT's Δ = Rᵀ K (λ C + Kᵀ K)⁻¹ (Meng et al. 2023, equation 14); for several it is the
 * fixed point of block coordinate descent over experts (arXiv 2602.10965), reached at once.
 *
 * <ul>
 *   <li>Dual: G = Σ_e K_e M_e⁻¹ K_eᵀ, Δ_e = Rᵀ (I + G)⁻¹ K_e M_e⁻¹: one n × n Cholesky for all
 *       memories.
 *   <li>Primal, for one memory: Δᵀ = (M + Kᵀ K)⁻¹ Kᵀ R: one f × f Cholesky.
 * </ul>
 */
public final class ClosedForm {
  private ClosedForm() {}

  /** The two forms; they agree to rounding. */
  enum Form {
    DUAL,
    PRIMAL;

    /**
     * The form of fewer floating-point operations for one memory whose metric is factored already.
     *
     * @param n rows
     * @param f width of the keys
     * @param d width of the residuals
     */
    static Form cheaper(int n, int f, int d) {
      return flops(DUAL, n, f, d) <= flops(PRIMAL, n, f, d) ? DUAL : PRIMAL;
    }

    private static double flops(Form form, double n, double f, double d) {
      return form == DUAL
          ? 2 * n * f * f + 2 * n * n * f + n * n * n / 3 + 2 * n * n * d + 2 * n * f * d
          : 2 * n * f * f + f * f * f / 3 + 2 * f * f * d + 4 * n * f * d;
    }
  }

  /**
   * Solves, in the form of fewer operations.
   *
   * @param memories at least one; all with n rows of keys
   * @param residuals R, the wanted change of the sum of the outputs at every edited position, times
   *     the square root of the row's weight, [n, d], any floating type
   * @return the updates, which belong to the open scope
   * @throws ArithmeticException when keys or residuals are not finite
   */
  public static Solution solve(List<LinearMemory> memories, NDArray residuals) {
    require(memories, residuals);
    Shape shape = residuals.getShape();
    boolean one = memories.size() == 1 && memories.get(0).rows() == null;
    int f = Math.toIntExact(memories.get(0).metric().width());
    int n = Math.toIntExact(shape.get(0));
    int d = Math.toIntExact(shape.get(1));
    Form form = one ? Form.cheaper(n, f, d) : Form.DUAL;
    return solve(memories, residuals, form);
  }

  /** Solves in a form; in the dual one all the same when the metric has no matrix. */
  static Solution solve(List<LinearMemory> memories, NDArray residuals, Form form) {
    try (Scope scope = new Scope()) {
      NDArray wide = Tensors.convert(residuals, DataType.FLOAT64);
      Optional<NDArray> matrix =
          form == Form.PRIMAL ? memories.get(0).metric().matrix() : Optional.empty();
      Solution solution =
          matrix.isPresent()
              ? primal(memories.get(0).keys(), matrix.get(), wide)
              : dual(memories, wide);
      solution.updates().forEach(scope::keep);
      return solution;
    }
  }

  private static void require(List<LinearMemory> memories, NDArray residuals) {
    if (memories.isEmpty()) {
      throw new IllegalArgumentException("no memory to solve for");
    }
    for (LinearMemory memory : memories) {
      long n = residuals.getShape().get(0);
      long[] rows = memory.rows();
      if (rows == null
          ? memory.keys().getShape().get(0) != n
          : rows.length > 0 && rows[rows.length - 1] >= n) {
        throw new IllegalArgumentException(
            "keys " + memory.keys().getShape() + " for residuals " + residuals.getShape());
      }
    }
  }

  /**
   * G and, for each memory, M_e⁻¹ K_eᵀ. A memory takes part in the rows and columns of G whose
   * positions reach it, and in no others.
   */
  record Gram(NDArray matrix, List<NDArray> whitened) {
    /**
     * Of n rows.
     *
     * @param manager owns G
     */
    static Gram of(List<LinearMemory> memories, NDManager manager, long n) {
      NDArray matrix = manager.zeros(new Shape(n, n), DataType.FLOAT64);
      List<NDArray> whitened = new ArrayList<>();
      for (LinearMemory memory : memories) {
        NDArray keys = Tensors.convert(memory.keys(), DataType.FLOAT64);
        NDArray solved = memory.metric().solve(keys.transpose());
        NDArray block = keys.matMul(solved);
        if (memory.rows() == null) {
          matrix.addi(block);
        } else {
          Tensors.addBlock(matrix, manager.create(memory.rows()), block);
        }
        whitened.add(solved);
      }
      requireFinite(matrix, "keys");
      // Rounding alone makes G unsymmetric; Cholesky reads one half only.
      return new Gram(matrix.add(matrix.transpose()).mul(0.5), whitened);
    }
  }

  private static Solution dual(List<LinearMemory> memories, NDArray residuals) {
    int n = Math.toIntExact(residuals.getShape().get(0));
    Gram gram = Gram.of(memories, residuals.getManager(), n);
    NDArray identity = residuals.getManager().eye(n, n, 0, DataType.FLOAT64);
    NDArray factor = Tensors.cholesky(gram.matrix().add(identity));
    NDArray rest = Tensors.choleskySolve(residuals, factor);
    List<NDArray> updates = new ArrayList<>();
    for (int e = 0; e < memories.size(); e++) {
      long[] rows = memories.get(e).rows();
      NDArray own = rows == null ? rest : Tensors.rows(rest, rows);
      updates.add(Tensors.contiguous(gram.whitened().get(e).matMul(own).transpose()));
    }
    // (I + G) Y = R, so R − Σ K Δᵀ = R − G Y is Y itself.
    return new Solution(updates, share(rest, residuals));
  }

  private static Solution primal(NDArray given, NDArray metric, NDArray residuals) {
    NDArray keys = Tensors.convert(given, DataType.FLOAT64);
    NDArray system = metric.add(keys.transpose().matMul(keys));
    requireFinite(system, "keys");
    NDArray right = keys.transpose().matMul(residuals);
    NDArray solved = Tensors.choleskySolve(right, Tensors.cholesky(system));
    double share = share(residuals.sub(keys.matMul(solved)), residuals);
    return new Solution(List.of(Tensors.contiguous(solved.transpose())), share);
  }

  private static double share(NDArray rest, NDArray residuals) {
    double whole = norm(residuals);
    requireFinite(rest, "residuals");
    return whole == 0 ? 0 : norm(rest) / whole;
  }

  private static double norm(NDArray values) {
    return Math.sqrt(values.square().sum().getDouble());
  }

  private static void requireFinite(NDArray values, String what) {
    if (!Double.isFinite(values.sum().getDouble())) {
      throw new ArithmeticException("the " + what + " of the solve are not finite");
    }
  }
}
