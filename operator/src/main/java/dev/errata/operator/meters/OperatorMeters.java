package dev.errata.operator.meters;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.meter.Meters;
import dev.errata.api.resource.ModelVersionSpec;
import dev.errata.meters.Registration;
import dev.errata.operator.manifest.Names;
import dev.errata.operator.progress.Hearing;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** All that the operator measures. */
public final class OperatorMeters implements AutoCloseable {
  /** Name of the controller of EditJobs. */
  public static final String EDIT_JOBS = "editjobs";

  /** Name of the controller of Models. */
  public static final String MODELS = "models";

  private static final Logger LOG = Logger.getLogger(OperatorMeters.class);
  private static final long TICK_SECONDS = 5;

  private final Registration meters;
  private final Census census;
  private final JobLives lives;
  private final ReconcileMeters reconciliations;
  private ScheduledExecutorService ticks;
  private volatile boolean leads;

  /**
   * Declares all meters.
   *
   * @param client reads ModelVersions
   */
  public OperatorMeters(MeterRegistry registry, KubernetesClient client, Clock clock) {
    meters = new Registration(registry);
    census =
        new Census(
            meters,
            clock,
            (model, version) ->
                client
                    .resources(ModelVersion.class)
                    .inNamespace(model.getMetadata().getNamespace())
                    .withName(Names.version(model.getMetadata().getName(), version))
                    .get());
    lives = new JobLives(meters, clock);
    reconciliations =
        new ReconcileMeters(
            meters, Map.of(EDIT_JOBS, new EditJob().getKind(), MODELS, new Model().getKind()));
    for (ModelVersionSpec.State state : ModelVersionSpec.State.values()) {
      meters.counter(Meters.VERSIONS, state.name());
    }
    meters.counter(Meters.PUBLISHED_BYTES);
    meters.gauge(Meters.LEADER, () -> leads ? 1 : 0);
    String version = OperatorMeters.class.getPackage().getImplementationVersion();
    meters.gauge(Meters.OPERATOR_BUILD, () -> 1, version == null ? "unknown" : version);
  }

  /** Those of an operator whose figures nobody asks for. */
  public static OperatorMeters unread(KubernetesClient client, Clock clock) {
    return new OperatorMeters(new SimpleMeterRegistry(), client, clock);
  }

  /** Begins to count jobs and models; the caller closes it. */
  public void start() {
    ticks =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "errata-census");
              thread.setDaemon(true);
              return thread;
            });
    var unused = ticks.scheduleWithFixedDelay(this::tick, 1, TICK_SECONDS, TimeUnit.SECONDS);
  }

  private void tick() {
    try {
      census.take();
    } catch (RuntimeException e) {
      // An executor would never run a task again that has thrown.
      LOG.warn("EditJobs and Models are not counted this time", e);
    }
  }

  /** What times reconciliations. */
  public Metrics reconciliations() {
    return reconciliations;
  }

  /** Counts these jobs from now on. */
  public void countJobs(Supplier<Stream<EditJob>> jobs) {
    census.jobs(jobs);
  }

  /** Counts these Models from now on. */
  public void countModels(Supplier<Stream<Model>> models) {
    census.models(models);
  }

  /** Looks at a job as it stands. */
  public void seen(EditJob job) {
    lives.seen(job);
  }

  /** Forgets a job that is deleted. */
  public void gone(EditJob job) {
    lives.gone(job);
  }

  /** Counts a version that was made known now. */
  public void published(ModelVersion version) {
    ModelVersionSpec spec = version.getSpec();
    meters.counter(Meters.VERSIONS, spec.state().name()).increment();
    if (spec.sizeBytes() != null) {
      meters.counter(Meters.PUBLISHED_BYTES).increment(spec.sizeBytes().doubleValue());
    }
  }

  /** This operator acts from now on. */
  public void leads() {
    leads = true;
  }

  /** Measures what comes from Kafka. */
  public void listen(Hearing hearing) {
    var consumer = hearing.consumer();
    meters.gauge(Meters.KAFKA_CONNECTED, () -> consumer.connected() ? 1 : 0);
    meters.gauge(Meters.KAFKA_LAG, consumer::lag);
    meters.counter(
        Meters.KAFKA_EVENTS,
        () -> Math.max(0, consumer.heard() - consumer.broken() - hearing.stale()),
        "taken");
    meters.counter(Meters.KAFKA_EVENTS, hearing::stale, "stale");
    meters.counter(Meters.KAFKA_EVENTS, consumer::broken, "broken");
    meters.counter(Meters.KAFKA_DROPPED, () -> hearing.board().dropped());
  }

  @Override
  public void close() {
    if (ticks != null) {
      ticks.shutdownNow();
    }
  }
}
