package dev.errata.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.operator.assembly.Assembly;
import dev.errata.operator.cluster.FaultyServer.Fault;
import dev.errata.operator.cluster.PodPlayer.End;
import dev.errata.operator.manifest.Installation;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import java.time.Clock;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What goes wrong around the operator: nothing is lost and nothing done twice. */
class FaultsTest {
  private static final Installation INSTALLATION =
      new Installation("errata/worker:1", null, "errata-store", 10001L);

  private static final int STORM = 16;

  private static RealCluster cluster;
  private static PodPlayer pods;

  @BeforeAll
  static void start() {
    cluster = RealCluster.get();
    pods = new PodPlayer(cluster.admin());
  }

  @AfterAll
  static void stop() {
    if (pods != null) {
      pods.close();
    }
  }

  private static Operator started(KubernetesClient client, String namespace) {
    Operator operator =
        Assembly.operator(client, INSTALLATION, Set.of(namespace), null, Clock.systemUTC());
    operator.start();
    return operator;
  }

  /** Every other write is answered so at random, whatever it is about, until the storm is over. */
  @ParameterizedTest
  @Together
  @CsvSource({"409, Conflict", "429, TooManyRequests", "500, InternalError"})
  void aStormOfRefusedWritesPasses(int code, String reason) {
    Scene scene = Scene.of(cluster, "storm");
    try (FaultyServer server = new FaultyServer(cluster.config());
        KubernetesClient client = cluster.operatorAt(server.url())) {
      Random random = new Random(code);
      server.faults(
          request ->
              FaultyServer.writes(request) && server.given() < STORM && random.nextBoolean()
                  ? new Fault(code, reason)
                  : null);
      Operator operator = started(client, scene.namespace());
      scene.model();
      EditJob job = scene.job("storm");
      scene.awaitPublished(job);
      operator.stop();
      assertThat(server.given()).isEqualTo(STORM);
      scene.assertOneWholeLife(job);
    }
  }

  /** All watches end, and none can be opened again where it was. */
  @Test
  @Together
  void aWatchThatIsTooOldIsBegunAnew() {
    Scene scene = Scene.of(cluster, "gone");
    try (FaultyServer server = new FaultyServer(cluster.config());
        KubernetesClient client = cluster.operatorAt(server.url())) {
      Operator operator = started(client, scene.namespace());
      scene.model();
      pods.script(scene.namespace(), "gone", pod -> End.RUNS);
      EditJob job = scene.job("gone");
      scene.awaitRunning(job);
      AtomicInteger opened = new AtomicInteger();
      server.faults(
          request ->
              FaultyServer.watches(request) && opened.getAndIncrement() % 2 == 0
                  ? Fault.GONE
                  : null);
      server.cut();
      Scene.soon().until(() -> server.given() >= 5);
      pods.script(scene.namespace(), "gone", pods::wellDone);
      pods.goOn(scene.namespace(), "gone");
      scene.awaitPublished(job);
      operator.stop();
      scene.assertOneWholeLife(job);
    }
  }

  /** As when a lease was lost unseen: both act, on the same jobs, at once. */
  @Test
  @Together
  void twoOperatorsAtOnceDoNothingTwice() {
    Scene scene = Scene.of(cluster, "two");
    try (KubernetesClient one = cluster.operator();
        KubernetesClient other = cluster.operator()) {
      Operator first = started(one, scene.namespace());
      Operator second = started(other, scene.namespace());
      scene.model();
      EditJob job = scene.job("both");
      scene.awaitPublished(job);
      EditJob next = scene.job("next");
      scene.awaitPublished(next);
      first.stop();
      second.stop();
      assertThat(scene.ran()).hasSize(11).doesNotHaveDuplicates();
      assertThat(scene.versions())
          .containsExactly("world-v0 sha256:v0", "world-v1 sha256:v1", "world-v2 sha256:v2");
      assertThat(scene.told()).doesNotHaveDuplicates();
    }
  }

  /** The stage at work goes on in the pods that the manifest asks for now. */
  @Test
  @Together
  void aManifestEditedInTheMiddleOfAStageIsFollowed() {
    Scene scene = Scene.of(cluster, "edited");
    try (KubernetesClient client = cluster.operator()) {
      Operator operator = started(client, scene.namespace());
      scene.model();
      pods.script(
          scene.namespace(),
          "edited",
          pod ->
              pod.getMetadata().getLabels().containsValue("Values")
                      && !"worker:2".equals(pod.getSpec().getContainers().get(0).getImage())
                  ? End.RUNS
                  : pods.wellDone(pod));
      EditJob job = scene.job("edited");
      Scene.soon().until(() -> scene.ran().contains("edited-values"));
      scene.awaitRunning(job);
      scene.patch(job, "{\"spec\":{\"workers\":{\"image\":\"worker:2\"},\"backoffLimit\":1}}");
      scene.awaitPublished(job);
      operator.stop();
      assertThat(scene.versions()).containsExactly("world-v0 sha256:v0", "world-v1 sha256:v1");
      assertThat(
              client.pods().inNamespace(scene.namespace()).list().getItems().stream()
                  .filter(pod -> pod.getMetadata().getLabels().containsValue("Update")))
          .singleElement()
          .satisfies(
              pod ->
                  assertThat(pod.getSpec().getContainers().get(0).getImage())
                      .isEqualTo("worker:2"));
    }
  }

  @Test
  @Together
  void aJobOfSomebodyElseInTheWayIsTold() {
    Scene scene = Scene.of(cluster, "taken");
    try (KubernetesClient client = cluster.operator()) {
      Operator operator = started(client, scene.namespace());
      Job foreign =
          new JobBuilder()
              .withNewMetadata()
              .withName("taken-statistics")
              .withNamespace(scene.namespace())
              .endMetadata()
              .withNewSpec()
              .withSuspend(true)
              .withNewTemplate()
              .withNewSpec()
              .withRestartPolicy("Never")
              .addNewContainer()
              .withName("other")
              .withImage("other")
              .endContainer()
              .endSpec()
              .endTemplate()
              .endSpec()
              .build();
      cluster.admin().resource(foreign).create();
      scene.model();
      EditJob job = scene.job("taken");
      Scene.soon()
          .untilAsserted(
              () -> assertThat(scene.says(job, "WorkersReady")).isEqualTo("False/Refused"));
      assertThat(scene.message(job, "WorkersReady"))
          .contains("Job \"taken-statistics\" is there and is not of Errata");
      cluster.admin().resource(foreign).delete();
      scene.awaitPublished(job);
      operator.stop();
    }
  }
}
