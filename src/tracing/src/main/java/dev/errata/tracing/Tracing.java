package dev.errata.tracing;

import dev.errata.api.InputException;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Sends spans to an OpenTelemetry collector. Spans wait in a bounded buffer and leave on a thread
 * of their own: whoever tells them never waits, and what a collector that is away does not take is
 * counted and dropped.
 */
public final class Tracing implements AutoCloseable {
  private static final Duration LAST_WORDS = Duration.ofSeconds(3);
  private static final String ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";
  // Held on to: the JDK forgets the level of a logger that nobody holds.
  private static final Logger EXPORTER = Logger.getLogger("io.opentelemetry");

  private final OpenTelemetrySdk sdk;
  private final GivenIds ids;
  private final Loss loss;
  private final Tracer tracer;

  private Tracing(OpenTelemetrySdk sdk, GivenIds ids, Loss loss) {
    this.sdk = sdk;
    this.ids = ids;
    this.loss = loss;
    this.tracer = sdk.getTracer("dev.errata");
  }

  /**
   * What the standard variables of the environment ask for ({@code OTEL_EXPORTER_OTLP_ENDPOINT},
   * {@code OTEL_EXPORTER_OTLP_HEADERS}, {@code OTEL_TRACES_SAMPLER} …); empty when they name no
   * endpoint or {@code OTEL_SDK_DISABLED} is true.
   *
   * @param service name of the program
   * @throws InputException when a variable has no meaning
   */
  public static Optional<Tracing> of(Map<String, String> environment, String service) {
    boolean asked =
        environment.containsKey(ENDPOINT)
            || environment.containsKey("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    if (!asked || Boolean.parseBoolean(environment.get("OTEL_SDK_DISABLED"))) {
      return Optional.empty();
    }
    return Optional.of(open(environment, service));
  }

  /**
   * Sends to a collector.
   *
   * @param endpoint its address, such as {@code http://collector:4318}
   * @param service name of the program
   * @throws InputException when the endpoint is no address
   */
  public static Tracing to(String endpoint, String service) {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put(ENDPOINT, endpoint);
    return open(environment, service);
  }

  private static Tracing open(Map<String, String> environment, String service) {
    Map<String, String> settings = new HashMap<>();
    settings.put("otel.service.name", service);
    settings.put("otel.exporter.otlp.protocol", "http/protobuf");
    environment.forEach(
        (name, value) -> {
          if (name.startsWith("OTEL_")) {
            settings.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value);
          }
        });
    settings.put("otel.metrics.exporter", "none");
    settings.put("otel.logs.exporter", "none");
    GivenIds ids = new GivenIds();
    Loss loss = new Loss();
    // What is lost is told by us, once and in words.
    EXPORTER.setLevel(Level.OFF);
    try {
      OpenTelemetrySdk sdk =
          AutoConfiguredOpenTelemetrySdk.builder()
              .disableShutdownHook()
              .addPropertiesCustomizer(known -> settings)
              .addTracerProviderCustomizer((builder, known) -> builder.setIdGenerator(ids))
              .addSpanExporterCustomizer((exporter, known) -> loss.counting(exporter))
              .build()
              .getOpenTelemetrySdk();
      return new Tracing(sdk, ids, loss);
    } catch (ConfigurationException | IllegalArgumentException e) {
      throw new InputException("traces cannot be sent (OTEL_*): " + e.getMessage());
    }
  }

  /** Tells a span that is over, under identifiers of its own. */
  public void ended(EndedSpan span) {
    SpanBuilder builder = tracer.spanBuilder(span.name()).setStartTimestamp(span.start());
    if (span.parent() == null) {
      builder.setNoParent();
    } else {
      builder.setParent(Context.root().with(Span.wrap(span.trace().context(span.parent()))));
    }
    span.attributes().forEach(builder::setAttribute);
    Span told = ids.with(span.trace().traceId(), span.id(), builder::startSpan);
    if (span.error() != null) {
      told.setStatus(StatusCode.ERROR, span.error());
    }
    told.end(span.end());
  }

  /**
   * Begins a span.
   *
   * @param parent null for none but what the environment names in {@code TRACEPARENT}
   */
  Span begin(String name, Span parent, Map<String, String> environment) {
    Context context =
        parent != null
            ? Context.root().with(parent)
            : W3CTraceContextPropagator.getInstance()
                .extract(Context.root(), environment, Environment.GETTER);
    return tracer.spanBuilder(name).setParent(context).startSpan();
  }

  /** How many spans have not arrived and why; empty when all have. */
  public Optional<String> lost() {
    return loss.told();
  }

  /** Sends what waits, for three seconds at most. */
  @Override
  public void close() {
    sdk.getSdkTracerProvider().shutdown().join(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
  }

  private enum Environment implements TextMapGetter<Map<String, String>> {
    GETTER;

    @Override
    public Iterable<String> keys(Map<String, String> environment) {
      return environment.keySet();
    }

    @Override
    public String get(Map<String, String> environment, String key) {
      return environment == null ? null : environment.get(key.toUpperCase(Locale.ROOT));
    }
  }
}
