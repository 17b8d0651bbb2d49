package dev.errata.lab.bench;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * What a piece of work cost.
 *
 * @param seconds by the clock
 * @param cpuSeconds of all processors together: what others do on the machine does not count; 0
 *     where less was spent than their clock can tell
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

  /** The same work several times: the last result, and the median of either figure. */
  static <T> Of<T> median(int times, Supplier<T> work) {
    List<Cost> costs = new ArrayList<>();
    T result = null;
    for (int i = 0; i < times; i++) {
      Of<T> one = of(work);
      costs.add(one.cost());
      result = one.result();
    }
    return new Of<>(
        result, new Cost(middle(costs, Cost::seconds), middle(costs, Cost::cpuSeconds)));
  }

  private static double middle(List<Cost> costs, ToDoubleFunction<Cost> figure) {
    return costs.stream()
        .sorted(Comparator.comparingDouble(figure))
        .mapToDouble(figure)
        .skip(costs.size() / 2)
        .findFirst()
        .orElseThrow();
  }

  /**
   * What there is of something a processor second; null where the clock of processors told none.
   */
  static Double ratio(double what, double cpuSeconds) {
    return cpuSeconds == 0 ? null : what / cpuSeconds;
  }

  Cost plus(Cost other) {
    return new Cost(seconds + other.seconds, cpuSeconds + other.cpuSeconds);
  }
}
