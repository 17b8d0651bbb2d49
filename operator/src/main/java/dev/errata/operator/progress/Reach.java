package dev.errata.operator.progress;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;

/**
 * Whether brokers answer a consumer, and how much it has not read. A consumer keeps its partitions
 * when its brokers are gone; but as long as they are there, they answer its fetches twice a second,
 * with nothing where there is nothing.
 */
final class Reach {
  private static final String FETCHES = "fetch-total";
  private static final long PATIENCE = Duration.ofSeconds(15).toNanos();

  private final LongSupplier clock;
  private Metric fetches;
  private double answers = -1;
  private long last;

  /**
   * Prepares.
   *
   * @param clock nanoseconds
   */
  Reach(LongSupplier clock) {
    this.clock = clock;
  }

  /** Whether brokers answer, as it stands behind a poll. */
  boolean holds(Consumer<?, ?> consumer) {
    if (consumer.assignment().isEmpty()) {
      return false;
    }
    if (fetches == null) {
      fetches = find(consumer);
    }
    double now = fetches == null ? 0 : ((Number) fetches.metricValue()).doubleValue();
    if (now != answers) {
      answers = now;
      last = clock.getAsLong();
    }
    return clock.getAsLong() - last < PATIENCE;
  }

  private static Metric find(Consumer<?, ?> consumer) {
    for (var metric : consumer.metrics().entrySet()) {
      MetricName name = metric.getKey();
      if (name.name().equals(FETCHES) && !name.tags().containsKey("topic")) {
        return metric.getValue();
      }
    }
    return null;
  }

  /** Records that are not read, as far as that is known. */
  static long lag(Consumer<?, ?> consumer) {
    long sum = 0;
    for (TopicPartition partition : consumer.assignment()) {
      sum += consumer.currentLag(partition).orElse(0);
    }
    return sum;
  }
}
