package dev.errata.editing.evaluate;

import java.util.Collection;
import java.util.Objects;
import java.util.OptionalDouble;

/** Means that are null where there is nothing to take them of. */
final class Means {
  private Means() {}

  /** The mean of the values that are not null; null when there are none. */
  static Double of(Collection<Double> values) {
    OptionalDouble mean =
        values.stream().filter(Objects::nonNull).mapToDouble(Double::doubleValue).average();
    return mean.isPresent() ? mean.getAsDouble() : null;
  }

  /** The harmonic mean; null when a value is null, 0 when one is 0. */
  static Double harmonic(Double... values) {
    double sum = 0;
    for (Double value : values) {
      if (value == null) {
        return null;
      }
      sum += 1 / value;
    }
    return values.length / sum;
  }
}
