package dev.errata.editing.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Looks for NaN and infinities by the exponent bits alone, without converting a value. */
final class FiniteScan {
  private FiniteScan() {}

  static void require(Checkpoint checkpoint, Collection<String> names) {
    List<String> problems = new ArrayList<>();
    for (String name : names) {
      TensorInfo tensor = checkpoint.tensor(name);
      if (tensor.dtype().isFloating()) {
        String problem = firstProblem(checkpoint, tensor);
        if (problem != null) {
          problems.add(problem);
        }
      }
    }
    if (!problems.isEmpty()) {
      throw InputProblems.of(
          checkpoint.directory() + ": weights that are not finite cannot be edited", problems);
    }
  }

  private static String firstProblem(Checkpoint checkpoint, TensorInfo tensor) {
    String[] problem = new String[1];
    checkpoint.scan(
        tensor.name(),
        (from, window) -> {
          int index = firstNotFinite(tensor.dtype(), window);
          if (index >= 0) {
            long element = from / tensor.dtype().bytes() + index;
            problem[0] =
                "tensor '"
                    + tensor.name()
                    + "' holds "
                    + (isNan(tensor.dtype(), window, index) ? "NaN" : "an infinity")
                    + " at "
                    + tensor.position(element)
                    + " ("
                    + tensor.file()
                    + ")";
          }
          return index < 0;
        });
    return problem[0];
  }

  /** Index of the first element that is NaN or infinite, or -1. */
  static int firstNotFinite(Dtype dtype, ByteBuffer bytes) {
    ByteBuffer data = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    int count = data.limit() / dtype.bytes();
    switch (dtype) {
      case BF16, F16 -> {
        int mask = dtype == Dtype.BF16 ? 0x7f80 : 0x7c00;
        for (int i = 0; i < count; i++) {
          if ((data.getShort(2 * i) & mask) == mask) {
            return i;
          }
        }
      }
      case F32 -> {
        for (int i = 0; i < count; i++) {
          if ((data.getInt(4 * i) & 0x7f800000) == 0x7f800000) {
            return i;
          }
        }
      }
      case F64 -> {
        for (int i = 0; i < count; i++) {
          if ((data.getLong(8 * i) & 0x7ff0000000000000L) == 0x7ff0000000000000L) {
            return i;
          }
        }
      }
      case I64, I32, I16, I8, U8, BOOL -> {
        return -1;
      }
    }
    return -1;
  }

  private static boolean isNan(Dtype dtype, ByteBuffer data, int index) {
    return switch (dtype) {
      case BF16 -> (data.getShort(2 * index) & 0x007f) != 0;
      case F16 -> (data.getShort(2 * index) & 0x03ff) != 0;
      case F32 -> Float.isNaN(data.getFloat(4 * index));
      case F64 -> Double.isNaN(data.getDouble(8 * index));
      case I64, I32, I16, I8, U8, BOOL -> false;
    };
  }
}
