package dev.errata.collector;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** An OpenTelemetry collector in the JVM: OTLP over HTTP, binary. */
public final class Collector implements AutoCloseable {
  private final HttpServer server;
  private final List<Received> received = new ArrayList<>();

  /**
   * A span that arrived.
   *
   * @param parent empty for a root
   */
  public record Received(
      String service,
      String trace,
      String id,
      String parent,
      String name,
      long startNanos,
      long endNanos,
      TreeMap<String, String> attributes,
      boolean error,
      String message) {}

  /** Starts. */
  public Collector() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/traces", this::take);
    server.start();
  }

  /** Its address for {@code OTEL_EXPORTER_OTLP_ENDPOINT}. */
  public String endpoint() {
    return "http://localhost:" + server.getAddress().getPort();
  }

  /** What has arrived. */
  public synchronized List<Received> received() {
    return List.copyOf(received);
  }

  /** The first span of a name. */
  public synchronized Optional<Received> named(String name) {
    return received.stream().filter(span -> span.name().equals(name)).findFirst();
  }

  private synchronized void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      ExportTraceServiceRequest request =
          ExportTraceServiceRequest.parseFrom(exchange.getRequestBody());
      for (var resource : request.getResourceSpansList()) {
        String service =
            resource.getResource().getAttributesList().stream()
                .filter(attribute -> attribute.getKey().equals("service.name"))
                .map(attribute -> attribute.getValue().getStringValue())
                .findFirst()
                .orElse("");
        resource
            .getScopeSpansList()
            .forEach(
                scope -> scope.getSpansList().forEach(span -> received.add(of(service, span))));
      }
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private static Received of(String service, Span span) {
    TreeMap<String, String> attributes = new TreeMap<>();
    span.getAttributesList()
        .forEach(
            attribute ->
                attributes.put(
                    attribute.getKey(),
                    attribute.getValue().hasIntValue()
                        ? String.valueOf(attribute.getValue().getIntValue())
                        : attribute.getValue().getStringValue()));
    HexFormat hex = HexFormat.of();
    return new Received(
        service,
        hex.formatHex(span.getTraceId().toByteArray()),
        hex.formatHex(span.getSpanId().toByteArray()),
        hex.formatHex(span.getParentSpanId().toByteArray()),
        span.getName(),
        span.getStartTimeUnixNano(),
        span.getEndTimeUnixNano(),
        attributes,
        span.getStatus().getCodeValue() == 2,
        span.getStatus().getMessage());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
