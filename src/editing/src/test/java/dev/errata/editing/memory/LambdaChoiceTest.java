package dev.errata.editing.memory;

import static dev.errata.editing.memory.Plain.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.errata.editing.torch.Scope;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LambdaChoiceTest {
  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private final Scope scope = new Scope();

  @AfterEach
  void close() {
    scope.close();
    manager.close();
  }

  private NDArray random(long seed, int rows, int columns) {
    return tensor(manager, Plain.random(new Random(seed), rows, columns));
  }

  private NDArray moment(int width) {
    return tensor(manager, Plain.moment(new Random(width), width, 1e3));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 6, 0.2",
    "1, 6, 0.99",
    "6, 6, 0.3",
    "4, 12, 0.05",
    "20, 6, 0.94",
    "20, 6, 0.96",
    "100, 8, 0.99"
  })
  void theSolveLeavesTheWantedShare(int n, int f, double share) {
    NDArray keys = random(1, n, f);
    NDArray residuals = random(2, n, 5);
    LambdaChoice choice = LambdaChoice.forResidualShare(keys, moment(f), residuals, share);
    assertThat(choice.reached()).isTrue();
    assertThat(choice.residualShare()).isCloseTo(share, within(1e-9));
    MomentMetric metric = MomentMetric.of(moment(f), choice.lambda());
    Solution solution = ClosedForm.solve(List.of(new LinearMemory(keys, metric)), residuals);
    assertThat(solution.residualShare()).isCloseTo(share, within(1e-8));
  }

  @Test
  void oneRowHasAClosedForm() {
    NDArray keys = random(3, 1, 4);
    NDArray identity = tensor(manager, Plain.identity(4));
    double s = keys.square().sum().getDouble();
    LambdaChoice choice = LambdaChoice.forResidualShare(keys, identity, random(4, 1, 3), 0.25);
    assertThat(choice.lambda()).isCloseTo(s / 3, within(1e-9 * s));
  }

  @Test
  void growsWithTheShare() {
    double before = 0;
    for (double share = 0.05; share < 1; share += 0.1) {
      LambdaChoice choice =
          LambdaChoice.forResidualShare(random(1, 5, 9), moment(9), random(2, 5, 3), share);
      assertThat(choice.lambda()).isGreaterThan(before);
      before = choice.lambda();
    }
  }

  @Test
  void saysWhenNoLambdaFitsSoMuch() {
    // Twice the same key with opposite residuals: half of the residual's energy cannot be fitted.
    double[] key = {1, 2, 3};
    NDArray keys = tensor(manager, new double[][] {key, key});
    NDArray residuals = tensor(manager, new double[][] {{1, 1}, {1, -1}});
    LambdaChoice choice = LambdaChoice.forResidualShare(keys, moment(3), residuals, 0.3);
    assertThat(choice.reached()).isFalse();
    assertThat(choice.residualShare()).isCloseTo(Math.sqrt(0.5), within(1e-6));
    assertThat(choice.lambda()).isPositive();
    assertThat(LambdaChoice.forResidualShare(keys, moment(3), residuals, 0.8).reached()).isTrue();
  }

  @Test
  void saysWhenThereIsNothingToFit() {
    NDArray zero = tensor(manager, new double[2][3]);
    LambdaChoice noKeys = LambdaChoice.forResidualShare(zero, moment(3), random(1, 2, 3), 0.3);
    assertThat(noKeys).isEqualTo(new LambdaChoice(1, 1, false));
    LambdaChoice noResidual = LambdaChoice.forResidualShare(random(1, 2, 3), moment(3), zero, 0.3);
    assertThat(noResidual.reached()).isFalse();
    assertThat(noResidual.residualShare()).isZero();
  }

  @Test
  void refusesSharesThatNoLambdaCouldLeave() {
    for (double share : new double[] {0, 1, -0.1, 1.5, Double.NaN}) {
      assertThatThrownBy(
              () ->
                  LambdaChoice.forResidualShare(random(1, 2, 3), moment(3), random(2, 2, 3), share))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("share");
    }
    NDArray broken = tensor(manager, new double[][] {{Double.NaN, 1, 1}});
    assertThatThrownBy(() -> LambdaChoice.forResidualShare(broken, moment(3), random(2, 1, 3), 0.5))
        .isInstanceOf(ArithmeticException.class);
  }
}
