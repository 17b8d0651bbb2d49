package dev.errata.meters;

import dev.errata.api.meter.Meters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** Puts declared meters into a registry. */
public final class Registration {
  private final MeterRegistry registry;

  /** The library does not hold what it asks. */
  private final List<Supplier<Number>> asked = new CopyOnWriteArrayList<>();

  public Registration(MeterRegistry registry) {
    this.registry = registry;
  }

  /** A gauge that asks for its value. */
  public void gauge(Meters meter, Supplier<Number> value, String... labels) {
    Gauge.builder(meter.stem(), value)
        .description(meter.help())
        .baseUnit(unit(meter))
        .tags(tags(meter, labels))
        .strongReference(true)
        .register(registry);
  }

  /** A gauge whose rows come and go. */
  public MultiGauge rows(Meters meter) {
    return MultiGauge.builder(meter.stem())
        .description(meter.help())
        .baseUnit(unit(meter))
        .register(registry);
  }

  /** A counter; the same for the same labels. */
  public Counter counter(Meters meter, String... labels) {
    return Counter.builder(meter.stem())
        .description(meter.help())
        .baseUnit(unit(meter))
        .tags(tags(meter, labels))
        .register(registry);
  }

  /** A counter that something else keeps. */
  public void counter(Meters meter, Supplier<Number> value, String... labels) {
    asked.add(value);
    FunctionCounter.builder(meter.stem(), value, kept -> kept.get().doubleValue())
        .description(meter.help())
        .baseUnit(unit(meter))
        .tags(tags(meter, labels))
        .register(registry);
  }

  /**
   * A histogram; the same for the same labels.
   *
   * @param bounds upper bounds of its buckets
   */
  public Timer timer(Meters meter, List<Duration> bounds, String... labels) {
    return Timer.builder(meter.stem())
        .description(meter.help())
        .tags(tags(meter, labels))
        .serviceLevelObjectives(bounds.toArray(new Duration[0]))
        .register(registry);
  }

  private static String unit(Meters meter) {
    return meter.unit().isEmpty() ? null : meter.unit();
  }

  /** The labels of a meter with these values, in the order in which it declares them. */
  public static Tags tags(Meters meter, String... values) {
    List<String> names = meter.labels();
    if (names.size() != values.length) {
      throw new IllegalArgumentException(meter + " has the labels " + names);
    }
    List<Tag> tags = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      tags.add(Tag.of(names.get(i), values[i]));
    }
    return Tags.of(tags);
  }
}
