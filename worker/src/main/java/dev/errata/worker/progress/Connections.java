package dev.errata.worker.progress;

import org.apache.kafka.clients.producer.Producer;

/**
 * The connections of a producer at a time.
 *
 * @param made how many brokers have taken so far
 * @param open how many there are, or are being made
 */
record Connections(double made, double open) {
  /** Those there are now; none of a producer that is null. */
  static Connections of(Producer<?, ?> producer) {
    return producer == null
        ? new Connections(0, 0)
        : new Connections(
            figure(producer, "connection-creation-total"), figure(producer, "connection-count"));
  }

  private static double figure(Producer<?, ?> producer, String name) {
    return producer.metrics().entrySet().stream()
        .filter(metric -> metric.getKey().name().equals(name))
        .mapToDouble(metric -> ((Number) metric.getValue().metricValue()).doubleValue())
        .max()
        .orElse(0);
  }

  /**
   * Whether brokers have been there since an earlier time: one whose answer is late loses its
   * connection and is given a new one within a second.
   */
  boolean goneOnFrom(Connections before) {
    return made > before.made || (made > 0 && (open > 0 || before.open > 0));
  }
}
