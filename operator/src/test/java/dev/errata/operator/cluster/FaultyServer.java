package dev.errata.operator.cluster;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.httpproxy.HttpProxy;
import java.net.URI;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Stands before a real API server and gives the answers that it gives in bad times. */
final class FaultyServer implements AutoCloseable {
  private static final int CONNECTIONS = 200;

  private final Vertx vertx = Vertx.vertx();
  private final Set<HttpConnection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger given = new AtomicInteger();
  private final HttpServer server;
  private volatile Function<HttpServerRequest, Fault> faults = request -> null;

  /**
   * An answer in the place of the API server's.
   *
   * @param code of HTTP
   * @param reason as Kubernetes names it
   */
  record Fault(int code, String reason) {
    static final Fault CONFLICT = new Fault(409, "Conflict");
    static final Fault GONE = new Fault(410, "Expired");
    static final Fault BUSY = new Fault(429, "TooManyRequests");
  }

  /**
   * Starts.
   *
   * @param config a client of the API server
   */
  FaultyServer(Config config) {
    URI origin = URI.create(config.getMasterUrl());
    var options =
        new HttpClientOptions()
            .setSsl(true)
            .setTrustOptions(new PemTrustOptions().addCertValue(pem(config.getCaCertData())))
            .setKeyCertOptions(
                new PemKeyCertOptions()
                    .addCertValue(pem(config.getClientCertData()))
                    .addKeyValue(pem(config.getClientKeyData())))
            .setMaxPoolSize(CONNECTIONS);
    HttpProxy proxy =
        HttpProxy.reverseProxy(vertx.createHttpClient(options))
            .origin(origin.getPort(), origin.getHost());
    server =
        vertx
            .createHttpServer()
            .connectionHandler(
                connection -> {
                  connections.add(connection);
                  connection.closeHandler(closed -> connections.remove(connection));
                })
            .requestHandler(
                request -> {
                  Fault fault = faults.apply(request);
                  if (fault == null) {
                    proxy.handle(request);
                  } else {
                    given.incrementAndGet();
                    answer(request, fault);
                  }
                })
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .join();
  }

  private static Buffer pem(String base64) {
    return Buffer.buffer(Base64.getDecoder().decode(base64));
  }

  private static void answer(HttpServerRequest request, Fault fault) {
    var status =
        new StatusBuilder()
            .withStatus("Failure")
            .withCode(fault.code())
            .withReason(fault.reason())
            .withMessage("for a test: " + fault.reason())
            .build();
    request
        .response()
        .setStatusCode(fault.code())
        .putHeader("Content-Type", "application/json")
        .end(Serialization.asJson(status));
  }

  /** Where it listens. */
  String url() {
    return "http://127.0.0.1:" + server.actualPort();
  }

  /**
   * Gives other answers from now on.
   *
   * @param wanted the answer to a request, or null for that of the API server
   */
  void faults(Function<HttpServerRequest, Fault> wanted) {
    faults = wanted;
  }

  /** How many answers were not those of the API server. */
  int given() {
    return given.get();
  }

  /** Ends what is open, watches above all. */
  void cut() {
    connections.forEach(HttpConnection::close);
  }

  /** Whether a request opens a watch. */
  static boolean watches(HttpServerRequest request) {
    return "true".equals(request.getParam("watch"));
  }

  /** Whether a request changes something. */
  static boolean writes(HttpServerRequest request) {
    return !request.method().name().equals("GET");
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
