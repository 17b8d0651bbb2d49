package dev.errata.operator.meters;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.meter.Meters;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.ModelStatus;
import dev.errata.meters.Registration;
import dev.errata.operator.decide.JobState;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micrometer.core.instrument.MultiGauge;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** Counts EditJobs and Models by their states and reads the figures of Models' versions. */
final class Census {
  private static final Logger LOG = Logger.getLogger(Census.class);

  /** Finds a version; null when there is none. */
  @FunctionalInterface
  interface Versions {
    /** The ModelVersion of a Model by its number, such as {@code v3}. */
    ModelVersion get(Model model, String version);
  }

  private final Clock clock;
  private final Versions source;
  private final Map<Meters, MultiGauge> gauges = new EnumMap<>(Meters.class);
  private final Map<String, ModelVersion> known = new HashMap<>();
  private volatile Supplier<Stream<EditJob>> jobs = Stream::empty;
  private volatile Supplier<Stream<Model>> models = Stream::empty;
  private volatile Map<JobState, Long> counts = Map.of();
  private volatile Map<JobState, Instant> oldest = Map.of();
  private volatile long ready;
  private volatile long notReady;

  Census(Registration meters, Clock clock, Versions source) {
    this.clock = clock;
    this.source = source;
    for (JobState state : JobState.values()) {
      meters.gauge(Meters.EDIT_JOBS, () -> counts.getOrDefault(state, 0L), state.name());
      meters.gauge(Meters.EDIT_JOBS_OLDEST, () -> age(state), state.name());
    }
    meters.gauge(Meters.MODELS, () -> ready, "Ready");
    meters.gauge(Meters.MODELS, () -> notReady, "NotReady");
    ModelRows.meters().forEach(meter -> gauges.put(meter, meters.rows(meter)));
  }

  void jobs(Supplier<Stream<EditJob>> known) {
    jobs = known;
  }

  void models(Supplier<Stream<Model>> known) {
    models = known;
  }

  private double age(JobState state) {
    Instant since = oldest.get(state);
    return since == null || state.ended()
        ? 0
        : Math.max(0, Duration.between(since, clock.instant()).toMillis() / 1000.0);
  }

  /** Counts anew. */
  void take() {
    Map<JobState, Long> number = new EnumMap<>(JobState.class);
    Map<JobState, Instant> first = new EnumMap<>(JobState.class);
    jobs.get()
        .map(JobState::of)
        .forEach(
            stay -> {
              number.merge(stay.state(), 1L, Long::sum);
              first.merge(
                  stay.state(), stay.since(), (one, other) -> one.isBefore(other) ? one : other);
            });
    counts = number;
    oldest = first;
    takeModels();
  }

  private void takeModels() {
    ModelRows rows = new ModelRows();
    Set<String> wanted = new HashSet<>();
    long[] states = new long[2];
    models
        .get()
        .forEach(
            model -> {
              states[isReady(model) ? 1 : 0]++;
              ModelStatus status = model.getStatus();
              if (status != null) {
                point(model, "current", status.current(), rows, wanted);
                point(model, "latest", status.latest(), rows, wanted);
              }
            });
    notReady = states[0];
    ready = states[1];
    known.keySet().retainAll(wanted);
    gauges.forEach((meter, gauge) -> gauge.register(rows.of(meter), true));
  }

  private static boolean isReady(Model model) {
    ModelStatus status = model.getStatus();
    return status != null
        && status.conditions() != null
        && status.conditions().stream()
            .anyMatch(
                c ->
                    c.type().equals(ConditionType.Ready.name())
                        && c.status() == Condition.Status.True);
  }

  /** A version never changes: it is asked for once. */
  private void point(
      Model model, String pointer, String version, ModelRows rows, Set<String> wanted) {
    if (version == null) {
      return;
    }
    String key = model.getMetadata().getUid() + "/" + version;
    wanted.add(key);
    ModelVersion found = known.get(key);
    if (found == null) {
      found = find(model, version);
    }
    if (found != null) {
      known.put(key, found);
      rows.add(model, pointer, found);
    }
  }

  private ModelVersion find(Model model, String version) {
    try {
      ModelVersion found = source.get(model, version);
      // A namesake's that was deleted is about to go.
      return found != null && found.hasOwnerReferenceFor(Objects.requireNonNull(model))
          ? found
          : null;
    } catch (KubernetesClientException e) {
      LOG.debugf(e, "Figures of %s@%s are read later", model.getMetadata().getName(), version);
      return null;
    }
  }
}
