package dev.errata.worker.meters;

import dev.errata.api.Figure;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.api.meter.Meters;
import dev.errata.api.resource.Stage;
import dev.errata.editing.pipeline.ProcessMemory;
import dev.errata.meters.Registration;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.exporter.httpserver.HTTPServer;
import java.io.IOException;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Measures a worker by what its stages tell, and answers scrapes at {@code /metrics} from a port of
 * its own. Told on the thread that works, read by others.
 */
public final class WorkerMeters implements Progress, AutoCloseable {
  private static final double NANOS = 1e9;

  private final MeterRegistry registry;
  private final Registration meters;
  private final LongSupplier clock;
  private final HTTPServer server;
  private final Map<Figure, Double> figures = new ConcurrentHashMap<>();
  private final Map<Stage, Double> shares = new ConcurrentHashMap<>();
  private final Map<Stage, Long> starts = new EnumMap<>(Stage.class);
  private final Set<Figure> known = EnumSet.noneOf(Figure.class);
  private final List<Events> events = new CopyOnWriteArrayList<>();
  private Stage stage;
  private Counter items;
  private long counted;

  private record Events(LongSupplier sent, LongSupplier dropped) {}

  WorkerMeters(MeterRegistry registry, LongSupplier clock, HTTPServer server) {
    this.registry = registry;
    this.meters = new Registration(registry);
    this.clock = clock;
    this.server = server;
    String version = WorkerMeters.class.getPackage().getImplementationVersion();
    meters.gauge(Meters.WORKER_BUILD, () -> 1, version == null ? "unknown" : version);
    meters.gauge(Meters.WORKER_RESIDENT, orNaN(ProcessMemory::resident));
    meters.gauge(Meters.WORKER_PEAK, orNaN(ProcessMemory::peak));
  }

  /** Systems that do not tell are not guessed for. */
  private static Supplier<Number> orNaN(Supplier<Long> bytes) {
    return () -> {
      Long known = bytes.get();
      return known == null ? Double.NaN : known;
    };
  }

  /**
   * Begins to measure and to answer scrapes; the caller closes it.
   *
   * @param port of all addresses; 0 for any that is free
   * @throws InputException when the port is taken
   */
  public static WorkerMeters open(int port) {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try {
      HTTPServer server =
          HTTPServer.builder()
              .port(port)
              .registry(registry.getPrometheusRegistry())
              .buildAndStart();
      return new WorkerMeters(registry, System::nanoTime, server);
    } catch (IOException e) {
      throw new InputException(
          "--metrics-port " + port + ": cannot be listened at (" + e.getMessage() + ")", e);
    }
  }

  /** Where scrapes are answered. */
  public int port() {
    return server.getPort();
  }

  /** Measures what is told to Kafka, job after job. */
  public void events(LongSupplier sent, LongSupplier dropped) {
    if (events.isEmpty()) {
      meters.counter(
          Meters.WORKER_EVENTS,
          () -> events.stream().mapToLong(e -> e.sent.getAsLong()).sum(),
          "sent");
      meters.counter(
          Meters.WORKER_EVENTS,
          () -> events.stream().mapToLong(e -> e.dropped.getAsLong()).sum(),
          "dropped");
    }
    events.add(new Events(sent, dropped));
  }

  @Override
  public void stage(String name, String unit) {
    stage(stage == null ? Stage.Statistics : stage, name, unit);
  }

  @Override
  public void stage(Stage of, String name, String unit) {
    stage = of;
    counted = -1;
    items = meters.counter(Meters.WORKER_ITEMS, of.name(), unit);
    shares.put(of, 0.0);
    if (starts.putIfAbsent(of, clock.getAsLong()) == null) {
      long start = starts.get(of);
      meters.gauge(Meters.WORKER_PROGRESS, () -> shares.get(of), of.name());
      meters.gauge(Meters.WORKER_ELAPSED, () -> (clock.getAsLong() - start) / NANOS, of.name());
    }
  }

  @Override
  public void advance(long done, long total) {
    if (items == null) {
      return;
    }
    if (counted < 0) {
      counted = done == total ? done : 0;
    }
    items.increment((double) Math.max(0, done - counted));
    counted = Math.max(counted, done);
    shares.put(stage, total <= 0 ? 0.0 : (double) done / total);
  }

  @Override
  public void figure(Figure figure, double value) {
    figures.put(figure, value);
    if (known.add(figure)) {
      Supplier<Number> latest = () -> figures.get(figure);
      switch (figure) {
        case VALUE_LOSS -> meters.gauge(Meters.WORKER_VALUE_LOSS, latest);
        case VALUE_DIVERGENCE -> meters.gauge(Meters.WORKER_VALUE_DIVERGENCE, latest);
        case LAYER_TOKENS -> meters.counter(Meters.WORKER_LAYER_TOKENS, latest);
      }
    }
  }

  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
    registry.close();
  }
}
