package dev.errata.operator.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.broker.Broker;
import dev.errata.broker.Secrets;
import dev.errata.operator.Fixtures;
import dev.errata.operator.cluster.PodPlayer;
import dev.errata.operator.cluster.RealCluster;
import dev.errata.operator.cluster.Tokens;
import dev.errata.operator.cluster.WorkerProgram;
import dev.errata.operator.decide.JobState;
import dev.errata.operator.load.OperatorProcess;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The operator's own program is given passwords for Kafka and its database and hears the tokens of
 * those who ask; beside its jobs lie the Secrets of a bucket and of Kafka. In nothing that it says,
 * writes or answers are they read, whether what they open lets it in, refuses or is away.
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class SecretsIT {
  private static final String DATABASE = "database-secret-41c9d0e7aa";
  private static final String DATABASE_WRONG = "database-wrong-6b5f12c8e3";
  private static final String KAFKA_WRONG = "broker-wrong-d27a90e4f1";
  private static final String BUCKET = "bucket-secret-88e0b3c1d5";
  private static final String STRANGER = "stranger-token-1f7d64ab09";

  @TempDir private Path folder;
  private final Map<String, String> said = new LinkedHashMap<>();
  private KubernetesClient admin;
  private String namespace;
  private String token;

  @BeforeEach
  void place() {
    Postgres.assumeHere();
    RealCluster cluster = RealCluster.get();
    admin = cluster.admin();
    namespace = cluster.namespace("secrets");
    token = Tokens.reader(admin, namespace, "models", "modelversions", "editjobs");
  }

  private static ConditionFactory soon() {
    return Awaitility.await()
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions();
  }

  @Test
  void nothingTellsThem() throws Exception {
    try (Broker broker = Broker.withPasswords();
        Postgres postgres = Postgres.start();
        PodPlayer pods = new PodPlayer(admin, namespace)) {
      postgres.demand(DATABASE);
      String right = config("right", broker.access(Broker.PASSWORD));
      create(
          new SecretBuilder()
              .withNewMetadata()
              .withName("bucket")
              .endMetadata()
              .addToStringData("AWS_SECRET_ACCESS_KEY", BUCKET)
              .build());
      create(
          new SecretBuilder()
              .withNewMetadata()
              .withName("errata-kafka")
              .endMetadata()
              .addToStringData("client.properties", Files.readString(Path.of(right)))
              .build());
      create(Fixtures.model("storage: {uri: 's3://bucket/models', secret: bucket}"));

      run(
          "all is well",
          Map.of(
              "ERRATA_KAFKA_BOOTSTRAP",
              broker.bootstrap(),
              "ERRATA_KAFKA_CONFIG",
              right,
              "ERRATA_REGISTRY_DATABASE_URL",
              postgres.url(),
              "ERRATA_REGISTRY_DATABASE_PASSWORD",
              DATABASE),
          "errata_kafka_connected 1.0",
          200,
          "");
      run(
          "Kafka and the database refuse",
          Map.of(
              "ERRATA_KAFKA_BOOTSTRAP", broker.bootstrap(),
              "ERRATA_KAFKA_CONFIG", config("wrong", broker.access(KAFKA_WRONG)),
              "ERRATA_REGISTRY_DATABASE_URL", postgres.url(),
              "ERRATA_REGISTRY_DATABASE_PASSWORD", DATABASE_WRONG),
          "errata_kafka_connected 0.0",
          503,
          "Authentication failed");
      run(
          "Kafka and the database are away",
          Map.of(
              "ERRATA_KAFKA_BOOTSTRAP",
              "localhost:1",
              "ERRATA_KAFKA_CONFIG",
              right,
              "ERRATA_REGISTRY_DATABASE_URL",
              "jdbc:postgresql://127.0.0.1:1/postgres",
              "ERRATA_REGISTRY_DATABASE_PASSWORD",
              DATABASE),
          "errata_kafka_connected 0.0",
          503,
          "");
    }
    assertThat(said.get("all is well: /api/v1/namespaces/NAMESPACE/models")).contains("world");
    assertThat(said.get("all is well: Events")).contains("is published");
    assertThat(
            Secrets.read(
                said,
                List.of(
                    Broker.PASSWORD,
                    KAFKA_WRONG,
                    DATABASE,
                    DATABASE_WRONG,
                    BUCKET,
                    STRANGER,
                    token)))
        .isEmpty();
  }

  /**
   * Lets an operator do a job and answer questions.
   *
   * @param metric what its metrics say in the end
   * @param answer status of an answer that needs the database
   * @param logged what its log says in the end
   */
  private void run(
      String name, Map<String, String> settings, String metric, int answer, String logged)
      throws Exception {
    int http = freePort();
    int management = freePort();
    URI api = URI.create("http://127.0.0.1:" + http);
    URI metrics = URI.create("http://127.0.0.1:" + management);
    Map<String, String> environment = new HashMap<>(settings);
    environment.putAll(
        Map.of(
            "ERRATA_NAMESPACES",
            namespace,
            "ERRATA_KAFKA_SECRET",
            "errata-kafka",
            "ERRATA_REGISTRY_DATABASE_USERNAME",
            "postgres",
            "ERRATA_REGISTRY_EVERY",
            "1s",
            "QUARKUS_HTTP_PORT",
            String.valueOf(http),
            "QUARKUS_MANAGEMENT_PORT",
            String.valueOf(management)));
    Path log = folder.resolve(name + ".log");
    String models = "/api/v1/namespaces/" + namespace + "/models";
    try (OperatorProcess operator =
        OperatorProcess.start(RealCluster.get().kubeconfig(), log, environment)) {
      soon().until(() -> body(metrics, "/q/metrics", null).contains("errata_leader 1.0"));
      EditJob wanted = Fixtures.editJob();
      wanted.getMetadata().setName("job-" + said.size());
      EditJob job = create(wanted);
      soon().until(() -> JobState.of(admin.resource(job).get()).state().ended());
      soon().until(() -> body(metrics, "/q/metrics", null).contains(metric));
      soon().until(() -> status(api, models, token) == answer);
      soon().until(() -> Files.readString(log).contains(logged));
      if (answer == 200) {
        soon().until(() -> body(api, models, token).contains("world"));
      }
      watch(name, job.getMetadata().getName(), settings);
      for (String path :
          List.of(
              models,
              models + "/world/versions",
              models + "/world/metrics",
              "/api/v1/namespaces/" + namespace + "/facts?subject=port",
              "/api/v1/namespaces/" + namespace + "/editjobs",
              "/api/v1/namespaces/"
                  + namespace
                  + "/editjobs/"
                  + job.getMetadata().getName()
                  + "/progress",
              "/api/v1/namespaces/default/models",
              "/q/openapi",
              "/console/")) {
        String told = path.replace(namespace, "NAMESPACE");
        said.put(name + ": " + told, body(api, path, token));
        said.put(name + ": a stranger asks " + told, body(api, path, STRANGER));
      }
      assertThat(status(api, models, STRANGER)).isEqualTo(401);
      for (String path : List.of("/q/metrics", "/q/health")) {
        said.put(name + ": " + path, body(metrics, path, null));
      }
      assertThat(operator.alive()).isTrue();
    } finally {
      said.put(name + ": log", Files.readString(log));
    }
    resources(name);
  }

  /** A job that has ended is watched: nobody tells of it over Kafka, but its status does. */
  private void watch(String name, String job, Map<String, String> settings) throws Exception {
    if (!WorkerProgram.built()) {
      return;
    }
    String kafka = "--kafka=" + settings.get("ERRATA_KAFKA_BOOTSTRAP");
    String config = "--kafka-config=" + settings.get("ERRATA_KAFKA_CONFIG");
    boolean answers = name.equals("all is well");
    try (WorkerProgram worker = new WorkerProgram(admin, folder)) {
      Path kubeconfig = RealCluster.get().kubeconfig();
      Path byStatus = folder.resolve(name + " by status");
      Path byKafka = folder.resolve(name + " by Kafka");
      String in = "--namespace=" + namespace;
      Process status = worker.watch(kubeconfig, byStatus, job, in, "--debug");
      Process both = worker.watch(kubeconfig, byKafka, job, in, "--debug", kafka, config);
      assertThat(status.waitFor()).as(Files.readString(byStatus)).isZero();
      assertThat(both.waitFor()).as(Files.readString(byKafka)).isEqualTo(answers ? 0 : 2);
      assertThat(Files.readString(byStatus)).contains("Published: v").contains("is published");
      assertThat(Files.readString(byKafka)).contains(answers ? "Published: v" : "cannot be read");
      said.put(name + ": watched by status", Files.readString(byStatus));
      said.put(name + ": watched by Kafka", Files.readString(byKafka));
    }
  }

  /** What lies in the namespace, but the Secrets. */
  private void resources(String name) {
    Map<String, List<? extends HasMetadata>> all =
        Map.of(
            "Events", admin.v1().events().inNamespace(namespace).list().getItems(),
            "EditJobs", admin.resources(EditJob.class).inNamespace(namespace).list().getItems(),
            "Models", admin.resources(Model.class).inNamespace(namespace).list().getItems(),
            "ModelVersions",
                admin.resources(ModelVersion.class).inNamespace(namespace).list().getItems(),
            "Jobs", admin.batch().v1().jobs().inNamespace(namespace).list().getItems(),
            "Pods", admin.pods().inNamespace(namespace).list().getItems(),
            "ConfigMaps", admin.configMaps().inNamespace(namespace).list().getItems());
    all.forEach((kind, items) -> said.put(name + ": " + kind, Serialization.asYaml(items)));
  }

  private <T extends HasMetadata> T create(T resource) {
    resource.getMetadata().setNamespace(namespace);
    resource.getMetadata().setUid(null);
    return admin.resource(resource).create();
  }

  private String config(String name, Map<String, String> settings) throws IOException {
    Properties properties = new Properties();
    properties.putAll(settings);
    Path file = folder.resolve(name + ".properties");
    try (var out = Files.newBufferedWriter(file)) {
      properties.store(out, null);
    }
    return file.toString();
  }

  private static int status(URI root, String path, String bearer) throws Exception {
    return HttpClient.newHttpClient()
        .send(request(root, path, bearer), BodyHandlers.discarding())
        .statusCode();
  }

  /** Headers and body of an answer. */
  private static String body(URI root, String path, String bearer) throws Exception {
    var answer =
        HttpClient.newHttpClient().send(request(root, path, bearer), BodyHandlers.ofString());
    return answer.headers().map() + "\n" + answer.body();
  }

  private static HttpRequest request(URI root, String path, String bearer) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(root.resolve(path)).timeout(Duration.ofMinutes(1));
    return bearer == null
        ? request.build()
        : request.header("Authorization", "Bearer " + bearer).build();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
