package dev.errata.editing.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Optional;

/**
 * Operations of PyTorch that DJL's {@link NDArray} lacks. Gradients flow. Safe for several threads.
 */
public final class Tensors {
  private static final int LANCZOS = 64;

  private static final Kernels KERNELS =
      Kernels.load(
          NDManager.newBaseManager("PyTorch"),
          Tensors.class,
          "tensors.py",
          Map.of("lanczos", LANCZOS));

  private Tensors() {}

  private static synchronized NDList call(String method, Object... arguments) {
    return KERNELS.call(method, arguments);
  }

  /**
   * Rows of a tensor; a row may come several times.
   *
   * @param values [m, ...]
   * @param index int64 [k]
   * @return [k, ...]
   */
  public static NDArray rows(NDArray values, NDArray index) {
    return call("rows", values, index).singletonOrThrow();
  }

  /** As {@link #rows(NDArray, NDArray)}, with the index as a Java array. */
  public static NDArray rows(NDArray values, long... index) {
    try (Scope scope = new Scope()) {
      return scope.keep(rows(values, owned(values.getManager().create(index))));
    }
  }

  /**
   * A copy in PyTorch's own memory. A tensor that DJL makes of a Java array lies in a buffer that
   * goes when that very NDArray is closed; what a backward pass reads again must not.
   */
  public static NDArray owned(NDArray made) {
    return made.duplicate();
  }

  /**
   * Adds rows: result[index[i]] = values[index[i]] + Σ added[i]. Deterministic on the processor.
   *
   * @param values [m, ...]
   * @param index int64 [k]
   * @param added [k, ...]
   * @return [m, ...], a new tensor
   */
  public static NDArray addRows(NDArray values, NDArray index, NDArray added) {
    return call("add_rows", values, index, added).singletonOrThrow();
  }

  /**
   * Adds a block to some rows and columns of a square matrix, in place.
   *
   * @param matrix A, [n, n], contiguous
   * @param index int64 [m], without repeats
   * @param block B, [m, m]; A[index[i], index[j]] += B[i, j]
   */
  public static void addBlock(NDArray matrix, NDArray index, NDArray block) {
    try (Scope scope = new Scope()) {
      call("add_block", matrix, index, block);
    }
  }

  /** A copy in row-major order. */
  public static NDArray contiguous(NDArray values) {
    return call("contiguous", values).singletonOrThrow();
  }

  /**
   * The lower Cholesky factor.
   *
   * @param matrix symmetric positive definite, [n, n], float32 or float64
   * @throws ai.djl.engine.EngineException when it is not positive definite
   */
  public static NDArray cholesky(NDArray matrix) {
    return call("cholesky", matrix).singletonOrThrow();
  }

  /**
   * The lower Cholesky factor of a matrix that may have none. To be asked where that is likely: an
   * exception of the engine leaves the native memory of the arguments behind.
   *
   * @param matrix symmetric, [n, n], float32 or float64
   * @return empty when it is not positive definite
   */
  public static Optional<NDArray> choleskyIfDefinite(NDArray matrix) {
    try (Scope scope = new Scope()) {
      NDList result = call("cholesky_checked", matrix);
      boolean definite = result.get(1).getInt() == 0;
      return definite ? Optional.of(scope.keep(result.get(0))) : Optional.empty();
    }
  }

  /**
   * Solves A X = B.
   *
   * @param right B, [n, m]
   * @param factor the lower Cholesky factor of A, [n, n]
   * @return X, [n, m]
   */
  public static NDArray choleskySolve(NDArray right, NDArray factor) {
    return call("cholesky_solve", right, factor).singletonOrThrow();
  }

  /**
   * Solves L X = B.
   *
   * @param right B, [n, m]
   * @param factor L, lower triangular, [n, n]
   * @return X, [n, m]
   */
  public static NDArray triangularSolve(NDArray right, NDArray factor) {
    return call("triangular_solve", right, factor).singletonOrThrow();
  }

  /**
   * Eigenvalues [n], ascending, and eigenvectors [n, n], in columns, of a symmetric matrix.
   *
   * @param matrix [n, n], float32 or float64
   */
  public static NDList eigh(NDArray matrix) {
    return call("eigh", matrix);
  }

  /**
   * Copies values into a tensor, or into a view of one.
   *
   * @param target any floating type
   * @param values of the target's shape, any floating type
   */
  public static void fill(NDArray target, NDArray values) {
    try (Scope scope = new Scope()) {
      call("fill", target, values);
    }
  }

  /**
   * Converts stored values into a tensor, or into a view of one.
   *
   * @param target [n], any floating type
   * @param bytes the values as bytes, little endian, uint8 [n · width]
   * @param type their floating type
   */
  public static void fillFromBytes(NDArray target, NDArray bytes, DataType type) {
    String method =
        switch (type) {
          case FLOAT16 -> "fill_bytes_of_half";
          case BFLOAT16 -> "fill_bytes_of_bfloat16";
          case FLOAT32 -> "fill_bytes_of_float";
          case FLOAT64 -> "fill_bytes_of_double";
          default -> throw new IllegalArgumentException(type + " is no floating type");
        };
    try (Scope scope = new Scope()) {
      call(method, target, bytes);
    }
  }

  /**
   * The memory of a tensor, little endian; writing to it changes the tensor. It must not be touched
   * once the tensor is closed.
   *
   * @param values on the processor, in row-major order without gaps, at most 2 GiB
   */
  public static ByteBuffer memory(NDArray values) {
    return values.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * A + r I.
   *
   * @param matrix A, [n, n]
   */
  public static NDArray ridged(NDArray matrix, double ridge) {
    try (Scope scope = new Scope()) {
      return scope.keep(call("ridged", matrix, number(matrix, ridge)).singletonOrThrow());
    }
  }

  /** A number in a tensor's type, on its device. */
  private static NDArray number(NDArray like, double value) {
    NDArray number = like.getManager().create(new double[] {value});
    return convert(number, like.getDataType());
  }

  /**
   * How many eigenvalues of a symmetric matrix exceed a bound: by the signs of a factorisation
   * (Sylvester's law of inertia), which costs a small part of what eigenvalues do.
   *
   * @param matrix [n, n], float64
   */
  public static int eigenvaluesAbove(NDArray matrix, double bound) {
    try (Scope scope = new Scope()) {
      NDArray count = call("positive_pivots", matrix, number(matrix, bound)).singletonOrThrow();
      return Math.toIntExact(count.getLong());
    }
  }

  /**
   * The largest eigenvalue of a symmetric positive semi-definite matrix, by {@value #LANCZOS} steps
   * of Lanczos' method, which finds a value apart from the others to rounding and one among many
   * near it to a small part of itself.
   *
   * @param matrix [n, n], float64
   */
  public static double largestEigenvalue(NDArray matrix) {
    try (Scope scope = new Scope()) {
      return call("largest_eigenvalue", matrix).singletonOrThrow().getDouble();
    }
  }

  /**
   * A tensor over bytes in little-endian order. DJL ends the process when it is asked for bfloat16
   * by itself, so half types go through a copy of their bytes.
   *
   * @param data direct; the caller keeps it reachable as long as the tensor lives
   * @param type a floating type
   */
  public static NDArray of(NDManager manager, ByteBuffer data, Shape shape, DataType type) {
    try (Scope scope = new Scope()) {
      NDArray array =
          switch (type) {
            case FLOAT32, FLOAT64 -> manager.create(data, shape, type);
            case FLOAT16 -> half("bytes_to_half", manager, data, shape);
            case BFLOAT16 -> half("bytes_to_bfloat16", manager, data, shape);
            default -> throw new IllegalArgumentException(type + " is no floating type");
          };
      return scope.keep(array);
    }
  }

  private static NDArray half(String method, NDManager manager, ByteBuffer data, Shape shape) {
    NDArray bytes = manager.create(data, new Shape(data.remaining()), DataType.UINT8);
    return call(method, bytes).singletonOrThrow().reshape(shape);
  }

  /**
   * A copy in a floating type. Always a copy: a tensor that DJL makes from a Java array lies in
   * memory which goes when that very NDArray is closed, whoever else looks at it.
   */
  public static NDArray convert(NDArray values, DataType type) {
    String method =
        switch (type) {
          case FLOAT16 -> "to_half";
          case BFLOAT16 -> "to_bfloat16";
          case FLOAT32 -> "to_float";
          case FLOAT64 -> "to_double";
          default -> throw new IllegalArgumentException(type + " is no floating type");
        };
    return call(method, values).singletonOrThrow();
  }

  /** Bytes of a value of a floating type. */
  public static int width(DataType type) {
    return switch (type) {
      case FLOAT16, BFLOAT16 -> 2;
      case FLOAT32 -> 4;
      case FLOAT64 -> 8;
      default -> throw new IllegalArgumentException(type + " is no floating type");
    };
  }

  /** The values of a tensor in row-major order, little endian; a copy. */
  public static ByteBuffer bytes(NDArray values) {
    try (Scope scope = new Scope()) {
      ByteBuffer view = call("to_bytes", values).singletonOrThrow().toByteBuffer();
      ByteBuffer copy = ByteBuffer.allocateDirect(view.remaining()).order(ByteOrder.LITTLE_ENDIAN);
      return copy.put(view).flip();
    }
  }
}
