package dev.errata.lab.bench;

import java.lang.management.ManagementFactory;
import java.util.function.Supplier;

/**
 * What a piece of work cost.
 *
 * @param seconds by the clock
 * @param cpuSeconds of all processors together: what others do on the machine does not count
 */
record Cost(double seconds, double cpuSeconds) {
  private static final double NANO = 1e-9;

  /** A result and what it cost. */
  record Of<T>(T result, Cost cost) {}

  static <T> Of<T> of(Supplier<T> work) {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long cpu = system.getProcessCpuTime();
    long start = System.nanoTime();
    T result = work.get();
    double seconds = (System.nanoTime() - start) * NANO;
    return new Of<>(result, new Cost(seconds, (system.getProcessCpuTime() - cpu) * NANO));
  }

  Cost plus(Cost other) {
    return new Cost(seconds + other.seconds, cpuSeconds + other.cpuSeconds);
  }
}
