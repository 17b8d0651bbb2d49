package dev.errata.editing.memory;

import static dev.errata.editing.memory.Plain.array;
import static dev.errata.editing.memory.Plain.distance;
import static dev.errata.editing.memory.Plain.norm;
import static dev.errata.editing.memory.Plain.product;
import static dev.errata.editing.memory.Plain.scale;
import static dev.errata.editing.memory.Plain.sum;
import static dev.errata.editing.memory.Plain.tensor;
import static dev.errata.editing.memory.Plain.transpose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClosedFormTest {
  private static final double LAMBDA = 0.7;

  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private final Scope scope = new Scope();

  @AfterEach
  void close() {
    scope.close();
    manager.close();
  }

  /** A random problem: every row reaches each memory with a random gate, which may be 0. */
  private final class Problem {
    final List<double[][]> keys = new ArrayList<>();
    final List<double[][]> moments = new ArrayList<>();
    final double[][] residuals;

    Problem(int n, int experts, int f, int d, double condition) {
      Random random = new Random(31L * n + experts);
      for (int e = 0; e < experts; e++) {
        double[][] k = Plain.random(random, n, f);
        for (double[] row : k) {
          double gate = experts == 1 || random.nextInt(3) > 0 ? random.nextDouble() : 0;
          for (int i = 0; i < f; i++) {
            row[i] *= gate;
          }
        }
        keys.add(k);
        moments.add(Plain.moment(random, f, condition));
      }
      residuals = Plain.random(random, n, d);
    }

    List<LinearMemory> memories() {
      List<LinearMemory> result = new ArrayList<>();
      for (int e = 0; e < keys.size(); e++) {
        MomentMetric metric = MomentMetric.of(tensor(manager, moments.get(e)), LAMBDA);
        result.add(new LinearMemory(tensor(manager, keys.get(e)), metric));
      }
      return result;
    }

    NDArray wanted() {
      return tensor(manager, residuals);
    }

    double[][] metric(int e) {
      return scale(moments.get(e), LAMBDA);
    }

    /** (K̂ᵀ K̂ + diag(M_e)) D = K̂ᵀ R over all memories side by side. */
    List<double[][]> normalEquations() {
      int f = moments.get(0).length;
      int width = f * keys.size();
      double[][] stacked = new double[residuals.length][width];
      double[][] system = new double[width][width];
      for (int e = 0; e < keys.size(); e++) {
        for (int row = 0; row < residuals.length; row++) {
          System.arraycopy(keys.get(e)[row], 0, stacked[row], e * f, f);
        }
        for (int i = 0; i < f; i++) {
          System.arraycopy(metric(e)[i], 0, system[e * f + i], e * f, f);
        }
      }
      system = sum(system, product(transpose(stacked), stacked), 1);
      double[][] solved = Plain.solve(system, product(transpose(stacked), residuals));
      List<double[][]> result = new ArrayList<>();
      for (int e = 0; e < keys.size(); e++) {
        double[][] part = java.util.Arrays.copyOfRange(solved, e * f, (e + 1) * f);
        result.add(transpose(part));
      }
      return result;
    }

    double[][] rest(List<double[][]> updates) {
      double[][] rest = residuals;
      for (int e = 0; e < keys.size(); e++) {
        rest = sum(rest, product(keys.get(e), transpose(updates.get(e))), -1);
      }
      return rest;
    }

    /** One expert after the other until nothing moves. */
    List<double[][]> blockCoordinateDescent() {
      int d = residuals[0].length;
      int f = moments.get(0).length;
      List<double[][]> updates = new ArrayList<>();
      keys.forEach(k -> updates.add(new double[d][f]));
      double moved = 1;
      for (int pass = 0; pass < 20_000 && moved > 1e-13; pass++) {
        moved = 0;
        for (int e = 0; e < keys.size(); e++) {
          double[][] k = keys.get(e);
          double[][] wanted = sum(rest(updates), product(k, transpose(updates.get(e))), 1);
          double[][] system = sum(metric(e), product(transpose(k), k), 1);
          double[][] next = transpose(Plain.solve(system, product(transpose(k), wanted)));
          moved = Math.max(moved, norm(sum(next, updates.get(e), -1)));
          updates.set(e, next);
        }
      }
      assertThat(moved).isLessThan(1e-12);
      return updates;
    }
  }

  private static void requireEqual(Solution solution, List<double[][]> expected, double tolerance) {
    assertThat(solution.updates()).hasSameSizeAs(expected);
    for (int e = 0; e < expected.size(); e++) {
      NDArray update = solution.updates().get(e);
      assertThat(update.getDataType()).isEqualTo(DataType.FLOAT64);
      assertThat(norm(sum(array(update), expected.get(e), -1)))
          .as("memory %d", e)
          .isLessThanOrEqualTo(tolerance * Math.max(norm(expected.get(e)), 1e-3));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 8, 3, 10", "5, 1, 8, 3, 1e8", "8, 1, 8, 1, 10", "40, 1, 8, 3, 1e6",
    "1, 2, 6, 3, 10", "7, 3, 6, 4, 1e6", "30, 4, 5, 3, 10", "12, 16, 6, 4, 1e4",
    "20, 128, 3, 2, 100"
  })
  void solvesTheNormalEquations(int n, int experts, int f, int d, double condition) {
    Problem problem = new Problem(n, experts, f, d, condition);
    List<double[][]> expected = problem.normalEquations();
    for (ClosedForm.Form form : ClosedForm.Form.values()) {
      if (experts > 1 && form == ClosedForm.Form.PRIMAL) {
        continue;
      }
      Solution solution = ClosedForm.solve(problem.memories(), problem.wanted(), form);
      requireEqual(solution, expected, 1e-13 * Math.max(condition, 1e4));
      double share = norm(problem.rest(expected)) / norm(problem.residuals);
      assertThat(solution.residualShare()).isCloseTo(share, within(1e-8));
    }
  }

  @Test
  void isTheDenseFormulaOfMemit() {
    Problem problem = new Problem(9, 1, 12, 5, 100);
    double[][] k = problem.keys.get(0);
    double[][] system = sum(problem.metric(0), product(transpose(k), k), 1);
    double[][] inverse = Plain.solve(system, Plain.identity(12));
    double[][] update = product(product(transpose(problem.residuals), k), inverse);
    Solution solution = ClosedForm.solve(problem.memories(), problem.wanted());
    requireEqual(solution, List.<double[][]>of(update), 1e-10);
  }

  @ParameterizedTest
  @CsvSource({"4, 2", "12, 4", "10, 16"})
  void isTheFixedPointOfBlockCoordinateDescent(int n, int experts) {
    Problem problem = new Problem(n, experts, 4, 3, 10);
    Solution solution = ClosedForm.solve(problem.memories(), problem.wanted());
    requireEqual(solution, problem.blockCoordinateDescent(), 1e-9);
  }

  @Test
  void ignoresAMemoryThatNoRowReaches() {
    Problem problem = new Problem(6, 2, 4, 3, 10);
    problem.keys.set(1, new double[6][4]);
    Solution solution = ClosedForm.solve(problem.memories(), problem.wanted());
    assertThat(norm(array(solution.updates().get(1)))).isZero();
    problem.keys.remove(1);
    problem.moments.remove(1);
    requireEqual(solution, List.of(problem.normalEquations().get(0), new double[3][4]), 1e-10);
  }

  @Test
  void choosesTheFormOfFewerOperations() {
    assertThat(ClosedForm.Form.cheaper(100, 1536, 576)).isEqualTo(ClosedForm.Form.DUAL);
    assertThat(ClosedForm.Form.cheaper(10_000, 1536, 576)).isEqualTo(ClosedForm.Form.PRIMAL);
  }

  @Test
  void solvesInTheDualFormWhenTheMetricHasNoMatrix() {
    Problem problem = new Problem(60, 1, 4, 3, 10);
    LinearMemory memory = problem.memories().get(0);
    Metric bare =
        new Metric() {
          @Override
          public long width() {
            return memory.metric().width();
          }

          @Override
          public NDArray solve(NDArray columns) {
            return memory.metric().solve(columns);
          }

          @Override
          public Optional<NDArray> matrix() {
            return Optional.empty();
          }

          @Override
          public Metric withWeight(double weight) {
            throw new UnsupportedOperationException();
          }

          @Override
          public Metric keeping(NDArray keys) {
            throw new UnsupportedOperationException();
          }

          @Override
          public double ridge() {
            return 0;
          }
        };
    Solution solution =
        ClosedForm.solve(List.of(new LinearMemory(memory.keys(), bare)), problem.wanted());
    requireEqual(solution, problem.normalEquations(), 1e-10);
  }

  @Test
  void givesASingularMomentARidgeAndSaysSo() {
    Random random = new Random(5);
    double[][] samples = Plain.random(random, 4, 10);
    double[][] moment = scale(product(transpose(samples), samples), 0.25);
    MomentMetric metric = MomentMetric.of(tensor(manager, moment), 2);
    assertThat(metric.ridge()).isEqualTo(1e-8);
    double[][] keys = Plain.random(random, 15, 10);
    double[][] wanted = Plain.random(random, 15, 3);
    List<LinearMemory> memories = List.of(new LinearMemory(tensor(manager, keys), metric));
    List<double[][]> forms = new ArrayList<>();
    for (ClosedForm.Form form : ClosedForm.Form.values()) {
      Solution solution = ClosedForm.solve(memories, tensor(manager, wanted), form);
      assertThat(solution.residualShare()).isBetween(0.01, 1.0);
      forms.add(array(solution.updates().get(0)));
    }
    assertThat(distance(forms.get(0), forms.get(1))).isLessThan(1e-5);
  }

  @Test
  void givesAGoodMomentNoRidge() {
    double[][] moment = Plain.moment(new Random(1), 20, 1e7);
    assertThat(MomentMetric.of(tensor(manager, moment), 3).ridge()).isZero();
  }

  @Test
  void keepsTheKeysOfEarlierEdits() {
    Problem problem = new Problem(5, 1, 9, 3, 10);
    double[][] kept = Plain.random(new Random(8), 4, 9);
    MomentMetric metric =
        MomentMetric.of(tensor(manager, problem.moments.get(0)), LAMBDA)
            .keeping(tensor(manager, kept));
    double[][] expected = sum(problem.metric(0), product(transpose(kept), kept), 1);
    assertThat(distance(array(metric.matrix().orElseThrow()), expected)).isLessThan(1e-14);
    NDArray keys = tensor(manager, problem.keys.get(0));
    Solution solution = ClosedForm.solve(List.of(new LinearMemory(keys, metric)), problem.wanted());
    problem.moments.set(0, scale(expected, 1 / LAMBDA));
    requireEqual(solution, problem.normalEquations(), 1e-10);
  }

  @Test
  void refusesWhatHasNoSolution() {
    assertThatThrownBy(() -> MomentMetric.of(tensor(manager, new double[3][3]), 1))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("mean eigenvalue 0.0");
    double[][] broken = Plain.identity(3);
    broken[0][1] = Double.NaN;
    broken[1][0] = Double.NaN;
    assertThatThrownBy(() -> MomentMetric.of(tensor(manager, broken), 1))
        .isInstanceOf(ArithmeticException.class);
    Problem problem = new Problem(3, 1, 4, 2, 10);
    problem.keys.get(0)[1][1] = Double.NaN;
    for (ClosedForm.Form form : ClosedForm.Form.values()) {
      assertThatThrownBy(() -> ClosedForm.solve(problem.memories(), problem.wanted(), form))
          .isInstanceOf(ArithmeticException.class)
          .hasMessageContaining("keys");
    }
    NDArray few = tensor(manager, Plain.identity(2));
    assertThatThrownBy(() -> ClosedForm.solve(problem.memories(), few))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> MomentMetric.of(few, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("lambda");
  }

  @Test
  void leavesNothingButTheUpdatesBehind() {
    Problem problem = new Problem(5, 1, 9, 3, 10);
    Solution outlived;
    try (Scope inner = new Scope()) {
      outlived = ClosedForm.solve(problem.memories(), problem.wanted());
      outlived.updates().forEach(inner::keep);
    }
    requireEqual(outlived, problem.normalEquations(), 1e-10);
  }
}
