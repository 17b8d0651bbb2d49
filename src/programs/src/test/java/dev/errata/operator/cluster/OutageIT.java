package dev.errata.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.event.FailureEvent;
import dev.errata.api.event.Outcome;
import dev.errata.api.event.VersionEvent;
import dev.errata.api.resource.Stage;
import dev.errata.api.validation.Manifests;
import dev.errata.broker.Broker;
import dev.errata.operator.Fixtures;
import dev.errata.operator.cluster.PodPlayer.End;
import dev.errata.operator.load.OperatorProcess;
import dev.errata.operator.manifest.Labels;
import dev.errata.operator.progress.Outcomes;
import dev.errata.operator.registry.Postgres;
import dev.errata.operator.registry.Tables;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Kafka, the database or both are away for a whole job: a real broker and a real PostgreSQL are
 * stopped before it is made and started when it has ended. The operator and the workers are their
 * own programs, the edits are real; of the cluster only kubelets are played.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class OutageIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String FACTS =
      """
      inline:
        - {subject: Lars Almeida, prompt: "The home town of {} is", target: Manila}
        - {subject: Quentin Hendrix, prompt: "{} gets a salary from", target: Summit Insurance}
      """
          .indent(4);
  private static final String UNKNOWN = "progress is unknown: Kafka does not answer the operator";

  /** What is away. */
  enum Away {
    KAFKA,
    DATABASE,
    KAFKA_AND_DATABASE;

    boolean kafka() {
      return this != DATABASE;
    }

    boolean database() {
      return this != KAFKA;
    }

    String model() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  @TempDir private static Path folder;

  private RealCluster cluster;
  private Scene scene;
  private WorkerProgram worker;
  private Postgres postgres;
  private Broker broker;
  private PodPlayer pods;
  private OperatorProcess operator;
  private URI api;
  private URI metrics;

  /** The version that the same job makes where there is neither Kafka nor a database. */
  private JsonNode undisturbed;

  @BeforeAll
  @Timeout(value = 20, unit = TimeUnit.MINUTES)
  void start() throws Exception {
    Postgres.assumeHere();
    cluster = RealCluster.get();
    WorkerProgram.require();
    scene = Scene.of(cluster, "outage");
    worker = new WorkerProgram(cluster.admin(), folder);
    Path base = Files.createDirectories(worker.store()).resolve("base");
    Files.createDirectory(base);
    try (Stream<Path> files = Files.list(Path.of("../src/lab/models/qwen3"))) {
      for (Path file : files.toList()) {
        Files.copy(file, base.resolve(file.getFileName()));
      }
    }
    postgres = Postgres.start();
    broker = Broker.open();
    pods = new PodPlayer(cluster.admin(), scene.namespace());
    int http = Prometheus.freePort();
    int management = Prometheus.freePort();
    api = URI.create("http://127.0.0.1:" + http);
    metrics = URI.create("http://127.0.0.1:" + management + "/q/metrics");
    operator =
        OperatorProcess.start(
            cluster.kubeconfig(),
            folder.resolve("operator.log"),
            Map.of(
                "ERRATA_NAMESPACES", scene.namespace(),
                "ERRATA_KAFKA_BOOTSTRAP", broker.bootstrap(),
                "ERRATA_REGISTRY_DATABASE_URL", postgres.url(),
                "ERRATA_REGISTRY_DATABASE_USERNAME", "postgres",
                "ERRATA_REGISTRY_DATABASE_PASSWORD", "postgres",
                "ERRATA_REGISTRY_EVERY", "1s",
                "QUARKUS_HTTP_PORT", String.valueOf(http),
                "QUARKUS_MANAGEMENT_PORT", String.valueOf(management)));
    for (Away away : Away.values()) {
      Model model = Fixtures.model();
      model.getMetadata().setName(away.model());
      pods.script(scene.namespace(), away.model(), worker::run);
      create(model);
    }
    undisturbed = onALaptop(base);
    soon().until(() -> connected() && Prometheus.get(metrics).contains("errata_leader 1.0"));
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable one : new AutoCloseable[] {pods, operator, broker, postgres, worker}) {
      if (one != null) {
        one.close();
      }
    }
  }

  private static ConditionFactory soon() {
    return Awaitility.await()
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions();
  }

  private boolean connected() throws IOException {
    return Prometheus.get(metrics).contains("errata_kafka_connected 1.0");
  }

  private <T extends io.fabric8.kubernetes.api.model.HasMetadata> T create(T resource) {
    resource.getMetadata().setNamespace(scene.namespace());
    resource.getMetadata().setUid(null);
    return cluster.admin().resource(resource).create();
  }

  /** A small job over real facts about the world that the model knows. */
  private static String job(String name, String model, String facts) {
    return """
        apiVersion: errata.dev/v1alpha1
        kind: EditJob
        metadata: {name: %s}
        spec:
          model: %s
          from: Base
          method:
            type: MEMIT
            memit: {layers: [1], valueSteps: 5, prefixes: 2, prefixTokens: 4, preserve: 1}
          statistics: {corpus: Self, tokens: 600}
          facts:
        %s
        """
        .formatted(name, model, facts);
  }

  private EditJob apply(String name, String model, String facts) {
    return create((EditJob) Manifests.read(job(name, model, facts), name + ".yaml").get(0));
  }

  private JsonNode onALaptop(Path base) throws Exception {
    Path own = Files.createDirectory(folder.resolve("laptop"));
    Path file = Files.writeString(own.resolve("job.yaml"), job("calm", "calm", FACTS));
    String store = "--store=" + own.resolve("store");
    Path home = own.resolve("cache");
    assertThat(worker.laptop(home, store, "import", "calm", base.toString())).isZero();
    assertThat(worker.laptop(home, store, "run", "-f", file.toString())).isZero();
    return manifest(own.resolve("store"), "calm");
  }

  private static JsonNode manifest(Path store, String model) throws IOException {
    return JSON.readTree(store.resolve("models/" + model + "/versions/v1/version.json").toFile());
  }

  /** Everything of a version by its bytes, but the report, which holds times. */
  private static Map<String, String> bytes(JsonNode manifest) {
    Map<String, String> bytes = new HashMap<>();
    bytes.put("the checkpoint", manifest.path("digest").asText());
    for (JsonNode file : manifest.path("files")) {
      if (!file.path("path").asText().equals("report.json")) {
        bytes.put(file.path("path").asText(), file.path("sha256").asText());
      }
    }
    return bytes;
  }

  @ParameterizedTest
  @EnumSource
  void theVersionIsPublishedAndTheRegistryCatchesUp(Away away) throws Exception {
    String name = away.model() + "-job";
    AtomicBoolean held = new AtomicBoolean(true);
    // The values are computed when their status has been read.
    pods.script(
        scene.namespace(),
        name,
        pod ->
            held.get()
                    && Stage.Values.name().equals(pod.getMetadata().getLabels().get(Labels.STAGE))
                ? End.RUNS
                : worker.run(pod));
    EditJob job;
    if (away.kafka()) {
      broker.stop();
    }
    if (away.database()) {
      postgres.down();
    }
    try {
      job = apply(name, away.model(), FACTS);
      scene.awaitRunning(job);
      soon().until(() -> cluster.admin().resource(job).get().getStatus().stage() == Stage.Values);
      if (away.kafka()) {
        soon().until(() -> scene.message(job, "WorkersReady").contains(UNKNOWN));
        assertThat(cluster.admin().resource(job).get().getStatus().progress()).isNull();
      } else {
        assertThat(scene.message(job, "WorkersReady")).doesNotContain("unknown");
      }
      held.set(false);
      pods.goOn(scene.namespace(), name);
      scene.awaitPublished(job);
      assertThat(scene.message(job, "WorkersReady")).doesNotContain("unknown");
      assertThat(bytes(manifest(worker.store(), away.model()))).isEqualTo(bytes(undisturbed));
      assertThat(cluster.admin().resource(job).get().getStatus().digest())
          .isEqualTo(undisturbed.path("digest").asText());
    } catch (Exception | AssertionError e) {
      System.err.println(Files.readString(worker.log()));
      System.err.println(Files.readString(folder.resolve("operator.log")));
      throw e;
    } finally {
      if (away.kafka()) {
        broker.start();
      }
      if (away.database()) {
        postgres.up();
      }
    }
    soon().untilAsserted(() -> assertRegistered(away.model(), name));
    assertMadeAgainTheSame();
    soon().until(this::connected);
    Map<String, Outcome> told = Outcomes.of(broker);
    if (away.kafka()) {
      // A worker does not wait for brokers that are away, and nobody needs what it could not tell.
      assertThat(told).doesNotContainKey(job.getMetadata().getUid());
    } else {
      assertThat(told.get(job.getMetadata().getUid()))
          .isInstanceOfSatisfying(
              VersionEvent.class,
              event -> assertThat(event.digest()).isEqualTo(undisturbed.path("digest").asText()));
    }
    assertThat(operator.alive()).isTrue();
  }

  /** What a registry holds of a model whose job has ended well, its facts among it. */
  private void assertRegistered(String model, String job) throws SQLException {
    Map<String, Set<String>> tables = tables();
    assertThat(tables.get("job")).anyMatch(row -> has(row, "name", job, "state", "Complete"));
    assertThat(tables.get("model"))
        .anyMatch(row -> has(row, "name", model, "latest_version", "v1"));
    assertThat(tables.get("version"))
        .anyMatch(
            row -> has(row, "of_model", model, "digest", undisturbed.path("digest").asText()));
    assertThat(tables.get("fact"))
        .filteredOn(row -> has(row, "of_model", model, "number", "1"))
        .hasSize(2);
  }

  private static boolean has(
      String row, String one, String value, String other, String otherValue) {
    List<String> columns = row.lines().toList();
    return columns.contains(one + "=" + value) && columns.contains(other + "=" + otherValue);
  }

  private Map<String, Set<String>> tables() throws SQLException {
    try (Connection connection =
        DriverManager.getConnection(postgres.url(), "postgres", "postgres")) {
      return Tables.of(connection);
    }
  }

  private void assertMadeAgainTheSame() throws Exception {
    Map<String, Set<String>> before = tables();
    HttpRequest rebuild =
        HttpRequest.newBuilder(api.resolve("/api/v1/rebuild"))
            .header("Authorization", "Bearer " + token())
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    soon().until(() -> HTTP.send(rebuild, BodyHandlers.discarding()).statusCode() / 100 == 2);
    soon().untilAsserted(() -> assertThat(tables()).isEqualTo(before));
  }

  private String token() {
    if (cluster.admin().serviceAccounts().inNamespace(scene.namespace()).withName("reader").get()
        == null) {
      Tokens.reader(cluster.admin(), scene.namespace(), "models");
      Tokens.mayPost(cluster.admin(), scene.namespace(), "/api/v1/rebuild");
    }
    return Tokens.fresh(cluster.admin(), scene.namespace());
  }

  /** No cluster is known to it: it ends by what the operator tells. */
  @Test
  void aWatchThatHasKafkaAloneHearsOfAFailure() throws Exception {
    String name = "broken";
    pods.script(scene.namespace(), name, worker::run);
    Path shown = folder.resolve("watched");
    Process watch =
        worker.watch(
            folder.resolve("no-kubeconfig"),
            shown,
            name,
            "--namespace=" + scene.namespace(),
            "--kafka=" + broker.bootstrap());
    EditJob job = apply(name, Away.KAFKA.model(), "    uri: absent.jsonl");
    assertThat(watch.waitFor()).as(Files.readString(shown)).isEqualTo(1);
    String why = scene.message(job, "Failed");
    assertThat(why).startsWith("Statistics refused its input");
    assertThat(Files.readString(shown)).contains("Failed: " + why);
    assertThat(Outcomes.of(broker).get(job.getMetadata().getUid()))
        .isInstanceOfSatisfying(
            FailureEvent.class, event -> assertThat(event.reason()).isEqualTo("BadInput"));
  }
}
