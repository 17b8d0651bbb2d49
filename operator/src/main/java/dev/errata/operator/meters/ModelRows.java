package dev.errata.operator.meters;

import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.meter.Meters;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.ModelVersionSpec;
import dev.errata.meters.Registration;
import io.micrometer.core.instrument.MultiGauge;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The versions that the pointers of Models stand at, as rows of gauges. */
final class ModelRows {
  private static final List<Meters> ALL =
      List.of(
          Meters.MODEL_VERSION,
          Meters.MODEL_QUALITY,
          Meters.MODEL_QUALITY_BEFORE,
          Meters.MODEL_FACTS,
          Meters.MODEL_SIZE);

  private final Map<Meters, List<MultiGauge.Row<?>>> rows = new EnumMap<>(Meters.class);

  ModelRows() {
    ALL.forEach(meter -> rows.put(meter, new ArrayList<>()));
  }

  /** The meters that have rows. */
  static Stream<Meters> meters() {
    return ALL.stream();
  }

  /** The rows of a meter. */
  List<MultiGauge.Row<?>> of(Meters meter) {
    return rows.get(meter);
  }

  /**
   * Adds a version.
   *
   * @param pointer {@code current} or {@code latest}
   */
  void add(Model model, String pointer, ModelVersion version) {
    String namespace = model.getMetadata().getNamespace();
    String name = model.getMetadata().getName();
    ModelVersionSpec spec = version.getSpec();
    row(
        Meters.MODEL_VERSION,
        Long.parseLong(spec.version().substring(1)),
        namespace,
        name,
        pointer);
    if (spec.sizeBytes() != null) {
      row(Meters.MODEL_SIZE, spec.sizeBytes(), namespace, name, pointer);
    }
    if (spec.metrics() != null) {
      figures(Meters.MODEL_QUALITY, spec.metrics().after(), namespace, name, pointer);
      figures(Meters.MODEL_QUALITY_BEFORE, spec.metrics().before(), namespace, name, pointer);
    }
    FactCounts facts = spec.facts();
    if (facts != null) {
      fact("verified", facts.verified(), namespace, name, pointer);
      fact("failed", facts.failed(), namespace, name, pointer);
      fact("noop", facts.noop(), namespace, name, pointer);
    }
  }

  private void figures(
      Meters meter, Map<String, Double> figures, String namespace, String name, String pointer) {
    if (figures != null) {
      figures.forEach((figure, value) -> row(meter, value, namespace, name, pointer, figure));
    }
  }

  private void fact(String outcome, Integer count, String namespace, String name, String pointer) {
    if (count != null) {
      row(Meters.MODEL_FACTS, count, namespace, name, pointer, outcome);
    }
  }

  private void row(Meters meter, Number value, String... labels) {
    rows.get(meter).add(MultiGauge.Row.of(Registration.tags(meter, labels), value));
  }
}
