package dev.errata.worker;

import dev.errata.api.InputException;
import io.fabric8.kubernetes.api.model.Quantity;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import picocli.CommandLine.Option;

/** How much memory a job may take. */
final class MemoryOption {
  private static final double SHARE = 0.9;

  @Option(
      names = "--memory",
      paramLabel = "BYTES",
      description =
          "What a job may take, such as 4Gi (default: nine tenths of the machine or of the"
              + " container's limit).")
  private String memory;

  /** Bytes; the machine's when the option is not given. */
  long bytes() {
    if (memory == null) {
      return ofMachine();
    }
    try {
      BigDecimal bytes = Quantity.getAmountInBytes(new Quantity(memory));
      if (bytes.signum() > 0) {
        return bytes.longValue();
      }
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new InputException(problem(), e);
    }
    throw new InputException(problem());
  }

  private String problem() {
    return "--memory " + memory + ": give an amount above 0, such as 4Gi or 800M";
  }

  /** Nine tenths of what the JVM sees, which heeds the limits of control groups. */
  static long ofMachine() {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return (long) (SHARE * system.getTotalMemorySize());
  }
}
