package dev.errata.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.event.KafkaAccess;
import dev.errata.broker.Broker;
import dev.errata.broker.Secrets;
import dev.errata.worker.progress.Heard;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A worker is given passwords for Kafka and a bucket, and a token for a collector: in nothing that
 * it says, tells or stores are they read, whether what they open lets it in, refuses or is away.
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class SecretsTest {
  /** Nobody listens there. */
  private static final String AWAY = "http://127.0.0.1:1";

  private static final String S3 = "bucket-secret-5c1e77a0d9";
  private static final String S3_WRONG = "bucket-wrong-90b2d44f1e";
  private static final String KAFKA_WRONG = "broker-wrong-3e8aa61b72";
  private static final String KAFKA_MISPLACED = "broker-misplaced-77e1c0a3d5";
  private static final String TOKEN = "collector-token-b81f26c4e0";
  private static final List<String> ALL =
      List.of(Broker.PASSWORD, S3, S3_WRONG, KAFKA_WRONG, KAFKA_MISPLACED, TOKEN);

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir private Path folder;

  /** Where the program answers scrapes, when it is told to. */
  private int metrics = 1;

  private final Map<String, String> said = new LinkedHashMap<>();

  @Test
  void aSecretIsFoundInWhateverForm() {
    String login = Base64.getEncoder().encodeToString(("someone:" + S3 + "\n").getBytes(UTF_8));
    for (String text : List.of("password=" + S3, "Authorization: Basic " + login)) {
      assertThat(Secrets.read(Map.of("log", "a\n" + text + "\nb"), ALL))
          .containsExactly("log tells " + S3 + ": " + text);
    }
  }

  @Test
  void nothingTellsThem() throws Exception {
    Path objects = Files.createDirectory(folder.resolve("objects"));
    Properties settings = new Properties();
    settings.setProperty("jclouds.filesystem.basedir", objects.toRealPath().toString());
    BlobStore blobs = BlobStores.create("filesystem", settings);
    blobs.createContainer("bucket");
    S3Proxy bucket =
        S3Proxy.builder()
            .blobStore(blobs)
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "someone", S3)
            .ignoreUnknownHeaders(true)
            .stopTimeout(0)
            .endpoint(URI.create("http://127.0.0.1:0"))
            .build();
    bucket.start();
    try (Broker broker = Broker.withPasswords()) {
      Heard.topics(broker);
      String endpoint = "http://127.0.0.1:" + bucket.getPort();
      String job = Manifest.job(folder).toString();
      String right = config("right", broker.access(Broker.PASSWORD));
      String wrong = config("wrong", broker.access(KAFKA_WRONG));
      String misplaced = config("misplaced", Map.of("password", KAFKA_MISPLACED));
      String kafka = "--kafka=" + broker.bootstrap();
      Path tiny = TinyCheckpoint.write(folder.resolve("tiny"));

      assertThat(run("import", endpoint, S3, "import", "tiny", tiny.toString())).isZero();
      metrics = freePort();
      String port = "--metrics-port=" + metrics;
      String[] run = {"run", "-f", job, port, kafka, "--kafka-config=" + right};
      assertThat(run("run", endpoint, S3, run)).isZero();
      assertThat(said.get("run: metrics")).contains("errata_worker_events_total{");
      assertThat(
              Heard.of(new KafkaAccess(broker.bootstrap(), broker.access(Broker.PASSWORD)))
                  .versions())
          .hasSize(1);

      assertThat(
              run(
                  "broker refuses",
                  endpoint,
                  S3,
                  "run",
                  "-f",
                  job,
                  port,
                  kafka,
                  "--kafka-config=" + wrong))
          .isZero();
      assertThat(said.get("broker refuses")).contains("Authentication failed");
      assertThat(said.get("broker refuses: metrics")).contains("errata_worker_");
      String away = "--kafka=localhost:1";
      assertThat(
              run(
                  "broker is away",
                  endpoint,
                  S3,
                  "run",
                  "-f",
                  job,
                  port,
                  away,
                  "--kafka-config=" + right))
          .isZero();
      assertThat(said.get("broker is away")).contains("did not reach Kafka");
      assertThat(said.get("broker is away: metrics")).contains("errata_worker_");
      assertThat(
              run(
                  "watch is refused",
                  endpoint,
                  S3,
                  "watch",
                  "small",
                  kafka,
                  "--kafka-config=" + wrong))
          .isEqualTo(2);
      assertThat(said.get("watch is refused")).contains("cannot be read");
      assertThat(
              run("settings", endpoint, S3, "run", "-f", job, kafka, "--kafka-config=" + misplaced))
          .isEqualTo(2);
      assertThat(said.get("settings")).contains("password: only security.*");

      assertThat(run("bucket refuses", endpoint, S3_WRONG, run)).isEqualTo(2);
      assertThat(said.get("bucket refuses")).contains("access denied (403)");
      assertThat(run("bucket is away", AWAY, S3, run)).isEqualTo(2);
      assertThat(said.get("bucket is away"))
          .contains("s3x://127.0.0.1:1/bucket/errata: the endpoint");

      said.put(
          "Kafka",
          String.join(
              "\n",
              Heard.texts(new KafkaAccess(broker.bootstrap(), broker.access(Broker.PASSWORD)))));
    } finally {
      bucket.stop();
      blobs.close();
    }
    stored(objects);
    stored(folder.resolve("cache"));
    assertThat(said.get("Kafka")).contains("\"version\":\"v1\"");
    assertThat(Secrets.read(said, ALL)).isEmpty();
  }

  /** Everything that was written, models too: whatever their bytes are, they are characters. */
  private void stored(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        said.put(file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private String config(String name, Map<String, String> settings) throws IOException {
    Properties properties = new Properties();
    properties.putAll(new HashMap<>(settings));
    Path file = folder.resolve(name + ".properties");
    try (var out = Files.newBufferedWriter(file)) {
      properties.store(out, null);
    }
    return file.toString();
  }

  /** Runs the program as a pod does; its exit code. */
  private int run(String name, String endpoint, String secret, String... arguments)
      throws Exception {
    Path log = folder.resolve(name + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Dai.djl.offline=true",
            "-Derrata.s3.timeout=" + (endpoint.equals(AWAY) ? 5 : 60),
            "-cp",
            System.getProperty("java.class.path"),
            Errata.class.getName(),
            "--store=s3://bucket/errata",
            "--debug");
    builder.command().addAll(List.of(arguments));
    builder
        .environment()
        .putAll(
            Map.of(
                "AWS_ACCESS_KEY_ID",
                "someone",
                "AWS_SECRET_ACCESS_KEY",
                secret,
                "AWS_REGION",
                "us-east-1",
                "AWS_ENDPOINT_URL_S3",
                endpoint,
                "XDG_CACHE_HOME",
                folder.resolve("cache").toString(),
                "KUBECONFIG",
                folder.resolve("no-kubeconfig").toString(),
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://127.0.0.1:1",
                "OTEL_EXPORTER_OTLP_HEADERS",
                "authorization=Bearer " + TOKEN));
    Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    process.getOutputStream().close();
    String scraped = "";
    while (!process.waitFor(20, TimeUnit.MILLISECONDS)) {
      scraped = scrape().orElse(scraped);
    }
    said.put(name, Files.readString(log));
    said.put(name + ": metrics", scraped);
    return process.exitValue();
  }

  /** What the program's metrics say now; empty where it answers no scrapes. */
  private Optional<String> scrape() throws InterruptedException {
    URI place = URI.create("http://127.0.0.1:" + metrics + "/metrics");
    HttpRequest request = HttpRequest.newBuilder(place).timeout(Duration.ofSeconds(10)).build();
    try {
      return Optional.of(HTTP.send(request, BodyHandlers.ofString()).body());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
