package dev.errata.worker.meters;

import dev.errata.api.meter.Meters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** Puts declared meters into a registry. */
final class Registration {
  private final MeterRegistry registry;

  /** The library does not hold what it asks. */
  private final List<Supplier<Number>> asked = new CopyOnWriteArrayList<>();

  Registration(MeterRegistry registry) {
    this.registry = registry;
  }

  /** A gauge that asks for its value. */
  void gauge(Meters meter, Supplier<Number> value, String... labels) {
    Gauge.builder(meter.stem(), value)
        .description(meter.help())
        .baseUnit(unit(meter))
        .tags(tags(meter, labels))
        .strongReference(true)
        .register(registry);
  }

  /** A counter. */
  Counter counter(Meters meter, String... labels) {
    return Counter.builder(meter.stem())
        .description(meter.help())
        .baseUnit(unit(meter))
        .tags(tags(meter, labels))
        .register(registry);
  }

  /** A counter that something else keeps. */
  void counter(Meters meter, Supplier<Number> value, String... labels) {
    asked.add(value);
    FunctionCounter.builder(meter.stem(), value, kept -> kept.get().doubleValue())
        .description(meter.help())
        .baseUnit(unit(meter))
        .tags(tags(meter, labels))
        .register(registry);
  }

  private static String unit(Meters meter) {
    return meter.unit().isEmpty() ? null : meter.unit();
  }

  private static Tags tags(Meters meter, String... values) {
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
