package dev.errata.operator.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A real Prometheus, from {@code PATH}. Tests that want it are skipped by name where it is absent;
 * with {@code ERRATA_PROMETHEUS=required} in the environment they fail there.
 */
final class Prometheus implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Process process;
  private final URI place;

  private Prometheus(Process process, URI place) {
    this.process = process;
    this.place = place;
  }

  /** Skips or fails the test that asks where Prometheus or its promtool is absent. */
  static void require() {
    boolean there = Stream.of("prometheus", "promtool").allMatch(Prometheus::inPath);
    String missing = "no prometheus and promtool in PATH: Debian's package prometheus brings both";
    if (!there && "required".equals(System.getenv("ERRATA_PROMETHEUS"))) {
      throw new IllegalStateException(missing);
    }
    Assumptions.assumeTrue(there, missing);
  }

  private static boolean inPath(String program) {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  /** A port that nobody listens at. */
  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /**
   * Starts one.
   *
   * @param config its {@code prometheus.yml}
   */
  static Prometheus start(Path folder, String config) throws IOException {
    Path file = Files.writeString(folder.resolve("prometheus.yml"), config);
    int port = freePort();
    Process process =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + file,
                "--storage.tsdb.path=" + folder.resolve("tsdb"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("prometheus.log").toFile())
            .start();
    process.getOutputStream().close();
    return new Prometheus(process, URI.create("http://127.0.0.1:" + port));
  }

  /** Runs promtool, which has to be content; an input may be null. */
  static void promtool(Path folder, String input, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("promtool"));
    command.addAll(List.of(arguments));
    Process tool =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    if (input != null) {
      tool.getOutputStream().write(input.getBytes(UTF_8));
    }
    tool.getOutputStream().close();
    String said = new String(tool.getInputStream().readAllBytes(), UTF_8);
    assertThat(tool.waitFor()).as("promtool %s: %s", List.of(arguments), said).isZero();
  }

  /** The body of a page, or what it is that keeps it from being read. */
  static String get(URI page) throws IOException {
    try {
      return HTTP.send(
              HttpRequest.newBuilder(page).header("Accept", "text/plain, */*;q=0.5").build(),
              BodyHandlers.ofString())
          .body();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Names of all metrics that were scraped. */
  List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    JSON.readTree(get(place.resolve("/api/v1/label/__name__/values")))
        .path("data")
        .forEach(name -> names.add(name.asText()));
    return names;
  }

  /** What a query gives over a time. */
  JsonNode range(String query, Instant from, Instant to) throws IOException {
    Map<String, String> parameters =
        Map.of(
            "query",
            query,
            "start",
            String.valueOf(from.getEpochSecond()),
            "end",
            String.valueOf(to.getEpochSecond()),
            "step",
            "2");
    StringBuilder page = new StringBuilder("/api/v1/query_range?");
    parameters.forEach(
        (name, value) ->
            page.append(name).append('=').append(URLEncoder.encode(value, UTF_8)).append('&'));
    return JSON.readTree(get(place.resolve(page.toString())));
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
