package dev.errata.editing.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.errata.editing.torch.Scope;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NullSpaceMetricTest {
  private static final int WIDTH = 12;
  private static final double L2 = 0.3;

  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private final Scope scope = new Scope();
  private final Random random = new Random(4);

  @AfterEach
  void close() {
    scope.close();
    manager.close();
  }

  private NDArray random(int rows, int columns) {
    return Plain.tensor(manager, Plain.random(random, rows, columns));
  }

  /** diag(1, 2, … 12) in a random basis. */
  private NDArray moment(NDArray basis) {
    double[] values = new double[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      values[i] = i + 1;
    }
    return basis.mul(manager.create(values)).matMul(basis.transpose());
  }

  private NDArray basis() {
    double[][] gram = Plain.moment(random, WIDTH, 10);
    return dev.errata.editing.torch.Tensors.eigh(Plain.tensor(manager, gram)).get(1);
  }

  @Test
  void theThresholdIsRelativeToTheSpectrum() {
    NDArray moment = moment(basis());
    // 1 + 2 + 3 + 4 of 78 is 0.128, with 5 it is 0.192.
    assertThat(NullSpaceMetric.ofTraceShare(moment, 0.15).dimensions()).isEqualTo(4);
    assertThat(NullSpaceMetric.ofTraceShare(moment.mul(1e-9), 0.15).dimensions()).isEqualTo(4);
    assertThat(NullSpaceMetric.ofTraceShare(moment, 0.01).dimensions()).isZero();
    assertThat(NullSpaceMetric.ofRank(moment, 5).dimensions()).isEqualTo(7);
    assertThat(NullSpaceMetric.ofRank(moment, 99).dimensions()).isZero();
    assertThatThrownBy(() -> NullSpaceMetric.ofRank(moment.mul(0), 5))
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void solvesAsAlphaEditDoes() {
    NDArray vectors = basis();
    NDArray projector = vectors.get(":, :7").matMul(vectors.get(":, :7").transpose());
    NDArray keys = random(5, WIDTH);
    NDArray kept = random(3, WIDTH);
    NDArray residuals = random(5, 4);
    Metric metric = NullSpaceMetric.ofRank(moment(vectors), 5).withWeight(L2).keeping(kept);
    NDArray update =
        ClosedForm.solve(List.of(new LinearMemory(keys, metric)), residuals).updates().get(0);
    // Δ = Rᵀ K P (K₀ᵀ K₀ P + Kᵀ K P + L2 I)⁻¹ (Fang et al. 2025, equation 14)
    NDArray grams = kept.transpose().matMul(kept).add(keys.transpose().matMul(keys));
    NDArray system =
        grams.matMul(projector).add(manager.eye(WIDTH, WIDTH, 0, DataType.FLOAT64).mul(L2));
    double[][] right =
        Plain.array(residuals.transpose().matMul(keys).matMul(projector).transpose().duplicate());
    double[][] expected =
        Plain.transpose(Plain.solve(Plain.array(system.transpose().duplicate()), right));
    assertThat(Plain.distance(Plain.array(update), expected)).isLessThan(1e-11);
    // What the corpus' leading keys are answered does not change.
    NDArray leading = update.matMul(vectors.get(":, 7:"));
    assertThat(Plain.norm(Plain.array(leading))).isLessThan(1e-12);
  }

  @Test
  void memoriesOfSomeRowsEqualMemoriesOfAllRows() {
    NDArray keys = random(4, WIDTH);
    NDArray other = random(6, WIDTH);
    NDArray residuals = random(6, 3);
    Metric metric = NullSpaceMetric.ofRank(moment(basis()), 4).withWeight(L2);
    double[][] padded = new double[6][WIDTH];
    int[] rows = {0, 2, 3, 5};
    for (int i = 0; i < rows.length; i++) {
      padded[rows[i]] = Plain.array(keys)[i];
    }
    Solution sparse =
        ClosedForm.solve(
            List.of(
                new LinearMemory(keys, new long[] {0, 2, 3, 5}, metric),
                new LinearMemory(other, metric)),
            residuals);
    Solution whole =
        ClosedForm.solve(
            List.of(
                new LinearMemory(Plain.tensor(manager, padded), metric),
                new LinearMemory(other, metric)),
            residuals);
    for (int e = 0; e < 2; e++) {
      double[][] expected = Plain.array(whole.updates().get(e));
      assertThat(Plain.distance(Plain.array(sparse.updates().get(e)), expected)).isLessThan(1e-12);
    }
    LambdaChoice choice =
        LambdaChoice.forResidualShare(
            List.of(
                new LinearMemory(keys, new long[] {0, 2, 3, 5}, metric),
                new LinearMemory(other, metric)),
            residuals,
            0.4);
    Metric chosen = metric.withWeight(choice.lambda());
    Solution solution =
        ClosedForm.solve(
            List.of(
                new LinearMemory(keys, new long[] {0, 2, 3, 5}, chosen),
                new LinearMemory(other, chosen)),
            residuals);
    assertThat(solution.residualShare())
        .isCloseTo(0.4, org.assertj.core.api.Assertions.within(1e-9));
  }
}
