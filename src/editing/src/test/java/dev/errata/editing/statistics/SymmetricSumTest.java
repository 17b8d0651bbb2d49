package dev.errata.editing.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SymmetricSumTest {
  private final NDManager manager = NDManager.newBaseManager("PyTorch");

  private NDArray random(long rows, long columns, long seed) {
    Random random = new Random(seed);
    double[] values = random.doubles(rows * columns, -1, 1).toArray();
    return Tensors.owned(manager.create(values, new Shape(rows, columns)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 384, 385, 1000, 3100})
  void halfOfTheProductsMakeTheWholeSum(int width) {
    try (Scope scope = new Scope();
        SymmetricSum sum = new SymmetricSum(width)) {
      NDArray one = random(5, width, 1);
      NDArray two = random(9, width, 2);
      assertThat(sum.isEmpty()).isTrue();
      sum.add(one);
      sum.add(two);
      long kept = sum.panels().stream().mapToLong(panel -> panel.size() * Double.BYTES).sum();
      assertThat(SymmetricSum.bytes(width)).isEqualTo(kept);
      assertThat(kept).isLessThanOrEqualTo((long) width * width * Double.BYTES);
      NDArray expected = one.transpose().matMul(one).add(two.transpose().matMul(two)).div(14);
      NDArray mean = sum.takeMean(manager, 14);
      assertThat(mean.sub(expected).abs().max().getDouble()).isLessThan(1e-14);
      assertThat(mean.sub(mean.transpose()).abs().max().getDouble()).isZero();
      assertThat(sum.isEmpty()).isTrue();
    }
  }

  @Test
  void aSumOfNothingIsZero() {
    try (Scope scope = new Scope();
        SymmetricSum sum = new SymmetricSum(400)) {
      NDArray mean = sum.takeMean(manager, 3);
      assertThat(mean.getShape()).isEqualTo(new Shape(400, 400));
      assertThat(mean.abs().sum().getDouble()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 30, 80, 300})
  void eigenvaluesAreCountedAndTheLargestIsFoundAsADecompositionFindsThem(int width) {
    try (Scope scope = new Scope()) {
      // Eigenvalues that fall by a quarter each, so that a bound parts them clearly.
      NDArray vectors =
          Tensors.eigh(
                  random(width, 50, 3)
                      .matMul(random(50, width, 4).mul(1))
                      .add(
                          random(50, width, 4)
                              .transpose()
                              .matMul(random(width, 50, 3).transpose())))
              .get(1);
      double[] values = new double[width];
      for (int i = 0; i < width; i++) {
        values[i] = 1000 * Math.pow(0.75, i);
      }
      NDArray scaled = vectors.mul(Tensors.owned(manager.create(values, new Shape(1, width))));
      NDArray matrix = scaled.matMul(vectors.transpose());
      matrix = matrix.add(matrix.transpose()).mul(0.5);
      double[] found = Tensors.eigh(matrix).get(0).toDoubleArray();
      assertThat(Tensors.largestEigenvalue(matrix))
          .isCloseTo(found[width - 1], within(1e-9 * found[width - 1]));
      for (double bound : new double[] {-1, 1e-6, 0.1, 1, 600, 999, 1001}) {
        long above = 0;
        for (double value : found) {
          above += value > bound ? 1 : 0;
        }
        assertThat(Tensors.eigenvaluesAbove(matrix, bound)).as("above %s", bound).isEqualTo(above);
      }
    }
  }

  @Test
  void twoByTwoPivotsCountOnce() {
    try (Scope scope = new Scope()) {
      // Zeros on the diagonal force them.
      NDArray matrix =
          manager.create(
              new double[] {0, 3, 0, 0, 3, 0, 0, 0, 0, 0, 0, -2, 0, 0, -2, 0}, new Shape(4, 4));
      assertThat(Tensors.eigenvaluesAbove(matrix, 0)).isEqualTo(2);
      assertThat(Tensors.eigenvaluesAbove(matrix, 2.5)).isEqualTo(1);
      assertThat(Tensors.eigenvaluesAbove(matrix, -2.5)).isEqualTo(3);
    }
  }

  @Test
  void theLargestEigenvalueOfZeroIsZero() {
    try (Scope scope = new Scope()) {
      NDArray zero = manager.zeros(new Shape(3, 3), DataType.FLOAT64);
      assertThat(Tensors.largestEigenvalue(zero)).isZero();
    }
  }
}
