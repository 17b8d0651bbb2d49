package dev.errata.editing.torch;

import ai.djl.engine.EngineException;
import java.util.List;
import java.util.Locale;

/** Tells a device that has no memory left from other faults of the engine. */
public final class DeviceMemory {
  /** What PyTorch says of a GPU and of the processor. */
  private static final List<String> SAYINGS = List.of("out of memory", "can't allocate memory");

  private DeviceMemory() {}

  /** Whether this is such a fault, or was caused by one. */
  public static boolean isExhausted(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
      if (cause instanceof EngineException && SAYINGS.stream().anyMatch(message::contains)) {
        return true;
      }
    }
    return false;
  }
}
