package dev.errata.editing.memory;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Random;

/** Matrices as plain arrays, by the book and without any of the code under test. */
final class Plain {
  private Plain() {}

  static double[][] random(Random random, int rows, int columns) {
    double[][] result = new double[rows][columns];
    for (double[] row : result) {
      Arrays.setAll(row, i -> random.nextGaussian());
    }
    return result;
  }

  /** A symmetric positive definite matrix of about the given condition number. */
  static double[][] moment(Random random, int width, double condition) {
    double[][] samples = random(random, 3 * width, width);
    for (double[] sample : samples) {
      for (int i = 0; i < width; i++) {
        sample[i] *= Math.pow(condition, -0.5 * i / Math.max(1, width - 1));
      }
    }
    return scale(product(transpose(samples), samples), 1.0 / samples.length);
  }

  static double[][] transpose(double[][] a) {
    double[][] result = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        result[j][i] = a[i][j];
      }
    }
    return result;
  }

  static double[][] product(double[][] a, double[][] b) {
    double[][] result = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int k = 0; k < b.length; k++) {
        for (int j = 0; j < b[0].length; j++) {
          result[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return result;
  }

  static double[][] sum(double[][] a, double[][] b, double factor) {
    double[][] result = new double[a.length][a[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        result[i][j] = a[i][j] + factor * b[i][j];
      }
    }
    return result;
  }

  static double[][] scale(double[][] a, double factor) {
    return sum(a, a, factor - 1);
  }

  /** Solves A X = B by Gaussian elimination with pivots. */
  static double[][] solve(double[][] matrix, double[][] right) {
    int n = matrix.length;
    double[][] a = Arrays.stream(matrix).map(double[]::clone).toArray(double[][]::new);
    double[][] x = Arrays.stream(right).map(double[]::clone).toArray(double[][]::new);
    for (int column = 0; column < n; column++) {
      int pivot = column;
      for (int row = column; row < n; row++) {
        pivot = Math.abs(a[row][column]) > Math.abs(a[pivot][column]) ? row : pivot;
      }
      swap(a, column, pivot);
      swap(x, column, pivot);
      for (int row = column + 1; row < n; row++) {
        double factor = a[row][column] / a[column][column];
        subtract(a[row], a[column], factor);
        subtract(x[row], x[column], factor);
      }
    }
    for (int row = n - 1; row >= 0; row--) {
      for (int later = row + 1; later < n; later++) {
        subtract(x[row], x[later], a[row][later]);
      }
      double divisor = a[row][row];
      x[row] = Arrays.stream(x[row]).map(value -> value / divisor).toArray();
    }
    return x;
  }

  private static void swap(double[][] rows, int i, int j) {
    double[] row = rows[i];
    rows[i] = rows[j];
    rows[j] = row;
  }

  private static void subtract(double[] row, double[] other, double factor) {
    for (int i = 0; i < row.length; i++) {
      row[i] -= factor * other[i];
    }
  }

  static double[][] identity(int n) {
    double[][] result = new double[n][n];
    for (int i = 0; i < n; i++) {
      result[i][i] = 1;
    }
    return result;
  }

  static double norm(double[][] a) {
    return Math.sqrt(Arrays.stream(a).flatMapToDouble(Arrays::stream).map(v -> v * v).sum());
  }

  /** ‖a − b‖ / ‖b‖. */
  static double distance(double[][] a, double[][] b) {
    return norm(sum(a, b, -1)) / norm(b);
  }

  static NDArray tensor(NDManager manager, double[][] a) {
    double[] flat = Arrays.stream(a).flatMapToDouble(Arrays::stream).toArray();
    return manager.create(flat, new Shape(a.length, a[0].length));
  }

  static double[][] array(NDArray tensor) {
    double[] flat = tensor.toDoubleArray();
    int columns = Math.toIntExact(tensor.getShape().get(1));
    double[][] result = new double[flat.length / columns][];
    for (int i = 0; i < result.length; i++) {
      result[i] = Arrays.copyOfRange(flat, i * columns, (i + 1) * columns);
    }
    return result;
  }
}
