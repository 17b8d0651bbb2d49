package dev.errata.editing.torch;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import dev.errata.api.InputException;
import java.util.Locale;

/**
 * Where and in which type a model runs.
 *
 * @param device the device of weights and activations
 * @param type the floating type of weights and activations; solves run in float64 whatever it is
 */
public record Compute(Device device, DataType type) {
  /** Float32 on the processor: the default, and the type of every golden file. */
  public static final Compute CPU = new Compute(Device.cpu(), DataType.FLOAT32);

  /**
   * Reads the words of the command line.
   *
   * @param device {@code cpu}, {@code cuda} or {@code cuda:N}
   * @param type {@code float32}, {@code bfloat16} or {@code float64}
   * @throws InputException when a word is not one of these
   */
  public static Compute parse(String device, String type) {
    return new Compute(parseDevice(device), parseType(type));
  }

  private static Device parseDevice(String word) {
    String name = word.toLowerCase(Locale.ROOT);
    if (name.equals("cpu")) {
      return Device.cpu();
    }
    if (name.equals("cuda")) {
      return Device.gpu();
    }
    if (name.matches("cuda:\\d{1,2}")) {
      return Device.gpu(Integer.parseInt(name.substring("cuda:".length())));
    }
    throw new InputException("device '" + word + "' is unknown: use cpu, cuda or cuda:N");
  }

  private static DataType parseType(String word) {
    return switch (word.toLowerCase(Locale.ROOT)) {
      case "float32" -> DataType.FLOAT32;
      case "bfloat16" -> DataType.BFLOAT16;
      case "float64" -> DataType.FLOAT64;
      default ->
          throw new InputException(
              "dtype '" + word + "' is unknown: use float32, bfloat16 or float64");
    };
  }
}
