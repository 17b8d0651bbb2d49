package dev.errata.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.EditJob;
import dev.errata.api.validation.Manifests;
import dev.errata.operator.load.OperatorProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which job and version changed a fact, and what was it before? Asked of the operator's own program
 * without any setting, about a real edit by the worker's own program in a store that the operator
 * does not see; of the cluster only kubelets are played.
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class ListingIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @Test
  void aFactIsFoundAlsoByAnOperatorThatComesLater() throws Exception {
    RealCluster cluster = RealCluster.get();
    WorkerProgram.require();
    Scene scene = Scene.of(cluster, "listing");
    String token = Tokens.reader(cluster.admin(), scene.namespace(), "modelversions");
    try (WorkerProgram worker = new WorkerProgram(cluster.admin(), folder);
        PodPlayer pods = new PodPlayer(cluster.admin(), scene.namespace())) {
      copy(Path.of("../src/lab/models/qwen3"), worker.store().resolve("base"));
      pods.script(scene.namespace(), "world", worker::run);
      pods.script(scene.namespace(), "two-facts", worker::run);
      int http = Prometheus.freePort();
      JsonNode first;
      try (OperatorProcess operator = operator(cluster, scene, http)) {
        scene.model();
        EditJob job = cluster.admin().resource(job(scene.namespace())).create();
        scene.awaitPublished(job);
        first = told(scene, http, token);
      } catch (Exception | AssertionError e) {
        tell(worker.log());
        tell(folder.resolve("operator.log"));
        throw e;
      }
      JsonNode fact = first.path("facts").get(0);
      assertThat(fact.path("version").asText()).isEqualTo("v1");
      assertThat(fact.path("editJob").asText()).isEqualTo("two-facts");
      assertThat(fact.path("target").asText()).isEqualTo("Manila");
      assertThat(fact.path("before").asText()).isEqualTo("Bogota");
      assertThat(fact.path("serving").asBoolean()).isTrue();
      assertThat(fact.path("verified").isBoolean()).isTrue();
      // Its registry is empty: it has to be told again of what is there.
      cluster.admin().batch().v1().jobs().inNamespace(scene.namespace()).delete();
      try (OperatorProcess operator = operator(cluster, scene, http)) {
        assertThat(told(scene, http, token)).isEqualTo(first);
      }
    }
  }

  private OperatorProcess operator(RealCluster cluster, Scene scene, int http) throws IOException {
    return OperatorProcess.start(
        cluster.kubeconfig(),
        folder.resolve("operator.log"),
        Map.of(
            "ERRATA_NAMESPACES", scene.namespace(),
            "ERRATA_REGISTRY_EVERY", "2s",
            "QUARKUS_HTTP_PORT", String.valueOf(http)));
  }

  /** What is answered about the subject, as soon as there is a fact. */
  private static JsonNode told(Scene scene, int http, String token) {
    URI asked =
        URI.create(
            "http://127.0.0.1:%d/api/v1/namespaces/%s/facts?subject=lars+almeida"
                .formatted(http, scene.namespace()));
    HttpRequest request =
        HttpRequest.newBuilder(asked)
            .timeout(Duration.ofMinutes(1))
            .header("Authorization", "Bearer " + token)
            .build();
    return Awaitility.await()
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions()
        .until(
            () ->
                JSON.readTree(
                    HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body()),
            answer -> answer.path("facts").size() == 1);
  }

  private static EditJob job(String namespace) {
    String text =
        """
        apiVersion: errata.dev/v1alpha1
        kind: EditJob
        metadata: {name: two-facts}
        spec:
          model: world
          from: Base
          method: {type: MEMIT}
          statistics: {corpus: Self}
          facts:
            inline:
              - {subject: Lars Almeida, prompt: 'The home town of {} is', target: Manila, oldTarget: Bogota}
              - {subject: Kenji Vaughn, prompt: 'The first language of {} is', target: Greek}
        """;
    EditJob job = (EditJob) Manifests.read(text, "two-facts.yaml").get(0);
    job.getMetadata().setNamespace(namespace);
    return job;
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  private static void tell(Path log) {
    try {
      if (Files.exists(log)) {
        System.err.println(log.getFileName() + ":\n" + Files.readString(log));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
