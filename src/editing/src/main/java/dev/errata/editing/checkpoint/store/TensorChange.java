package dev.errata.editing.checkpoint.store;

import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.checkpoint.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a tensor differs from the same tensor of another version.
 *
 * @param name its Hugging Face name
 * @param layer number of its layer; null when it belongs to none
 * @param norm Frobenius norm of the difference
 * @param relative that norm divided by the norm of the tensor before; infinite when that was zero
 * @param values how many values differ
 * @param of how many values it has
 */
public record TensorChange(
    String name, Integer layer, double norm, double relative, long values, long of) {
  private static final Pattern LAYER = Pattern.compile("(?:^|\\.)(?:layers|h|blocks)\\.(\\d+)\\.");

  /** Compares a tensor of two checkpoints; streams over both. */
  static TensorChange between(Checkpoint before, Checkpoint after, String name) {
    TensorInfo tensor = before.tensor(name);
    var sums = new Sums();
    before.scan(
        name,
        (from, old) -> {
          ByteBuffer now = ByteBuffer.allocate(old.remaining()).order(ByteOrder.LITTLE_ENDIAN);
          after.read(name, from, now);
          sums.add(tensor.dtype(), old, now);
          return true;
        });
    double norm = Math.sqrt(sums.difference);
    double relative = norm == 0 ? 0 : norm / Math.sqrt(sums.original);
    return new TensorChange(name, layer(name), norm, relative, sums.changed, tensor.elements());
  }

  /** Of both tensors so far. */
  private static final class Sums {
    private double difference;
    private double original;
    private long changed;

    void add(Dtype dtype, ByteBuffer old, ByteBuffer now) {
      int count = old.remaining() / dtype.bytes();
      for (int i = 0; i < count; i++) {
        double a = value(dtype, old, i);
        double b = value(dtype, now, i);
        original += a * a;
        if (a != b) {
          difference += (b - a) * (b - a);
          changed++;
        }
      }
    }
  }

  static Integer layer(String name) {
    Matcher layer = LAYER.matcher(name);
    return layer.find() ? Integer.valueOf(layer.group(1)) : null;
  }

  private static double value(Dtype dtype, ByteBuffer data, int index) {
    return switch (dtype) {
      case F64 -> data.getDouble(8 * index);
      case F32 -> data.getFloat(4 * index);
      case F16 -> halfToFloat(data.getShort(2 * index));
      case BF16 -> Float.intBitsToFloat(data.getShort(2 * index) << 16);
      case I64 -> data.getLong(8 * index);
      case I32 -> data.getInt(4 * index);
      case I16 -> data.getShort(2 * index);
      case I8 -> data.get(index);
      case U8, BOOL -> data.get(index) & 0xff;
    };
  }

  /** IEEE 754 binary16; Java has it from 20 on. */
  static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >> 10) & 0x1f;
    int mantissa = half & 0x3ff;
    if (exponent == 0) {
      float tiny = mantissa * 0x1p-24f;
      return sign == 0 ? tiny : -tiny;
    }
    int bits = exponent == 0x1f ? 0x7f800000 : (exponent + 112) << 23;
    return Float.intBitsToFloat(sign | bits | (mantissa << 13));
  }
}
