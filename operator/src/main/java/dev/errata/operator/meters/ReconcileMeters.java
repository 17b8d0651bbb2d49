package dev.errata.operator.meters;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.meter.Meters;
import dev.errata.meters.Registration;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Times reconciliations by kind, as the framework tells of them. */
final class ReconcileMeters implements Metrics {
  private static final List<Duration> BOUNDS =
      List.of(
          Duration.ofMillis(1),
          Duration.ofMillis(5),
          Duration.ofMillis(20),
          Duration.ofMillis(100),
          Duration.ofMillis(500),
          Duration.ofSeconds(2),
          Duration.ofSeconds(10));

  private record Kind(Timer success, Timer failure, AtomicInteger waiting) {}

  private final Map<String, Kind> kinds = new HashMap<>();
  private final Map<String, String> kindOfController;

  /**
   * Prepares.
   *
   * @param controllers kinds by the names of their controllers
   */
  ReconcileMeters(Registration meters, Map<String, String> controllers) {
    kindOfController = Map.copyOf(controllers);
    for (String kind : List.of(new EditJob().getKind(), new Model().getKind())) {
      AtomicInteger waiting = new AtomicInteger();
      meters.gauge(Meters.RECONCILE_WAITING, waiting::get, kind);
      kinds.put(
          kind,
          new Kind(
              meters.timer(Meters.RECONCILE, BOUNDS, kind, "success"),
              meters.timer(Meters.RECONCILE, BOUNDS, kind, "failure"),
              waiting));
    }
  }

  @Override
  public void reconciliationSubmitted(
      HasMetadata resource, RetryInfo retry, Map<String, Object> metadata) {
    kinds.get(resource.getKind()).waiting.incrementAndGet();
  }

  @Override
  public void reconciliationFinished(
      HasMetadata resource, RetryInfo retry, Map<String, Object> metadata) {
    kinds.get(resource.getKind()).waiting.decrementAndGet();
  }

  @Override
  public <T> T timeControllerExecution(ControllerExecution<T> execution) throws Exception {
    Kind kind = kinds.get(kindOfController.get(execution.controllerName()));
    long start = System.nanoTime();
    boolean done = false;
    try {
      T result = execution.execute();
      done = true;
      return result;
    } finally {
      long took = System.nanoTime() - start;
      (done ? kind.success : kind.failure).record(took, TimeUnit.NANOSECONDS);
    }
  }
}
