package dev.errata.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.operator.Fixtures;
import dev.errata.operator.assembly.Assembly;
import dev.errata.operator.decide.EditJobDecider;
import dev.errata.operator.manifest.Installation;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Operators that die between any two of their writes, one after the other. */
class OperatorKilledTest {
  private static final Installation INSTALLATION =
      new Installation("errata/worker:1", null, "errata-store", 10001L);
  private static final int MOST_LIVES = 120;

  @Test
  void whoFollowsGoesOnAndNothingIsDoneTwice() {
    RealCluster cluster = RealCluster.get();
    KubernetesClient client = cluster.admin();
    String namespace = cluster.namespace("killed");
    int lives = 0;
    try (PodPlayer pods = new PodPlayer(client)) {
      Model model = Fixtures.model();
      model.getMetadata().setNamespace(namespace);
      model.getMetadata().setUid(null);
      client.resource(model).create();
      EditJob wanted = Fixtures.editJob();
      wanted.getMetadata().setNamespace(namespace);
      wanted.getMetadata().setUid(null);
      EditJob job = client.resource(wanted).create();

      Mortal mortal = new Mortal();
      while (!ended(client, job)) {
        assertThat(lives++).as("lives").isLessThan(MOST_LIVES);
        live(cluster, namespace, mortal, () -> ended(client, job));
      }
      EditJob done = client.resource(job).get();
      assertThat(done.getStatus().version()).isEqualTo("v1");
      assertThat(done.getStatus().conditions())
          .anySatisfy(c -> assertThat(c.reason()).isEqualTo("Published"));
    }
    assertThat(lives).isGreaterThan(15);
    // A stage or task that was made twice would have left two pods.
    assertThat(client.pods().inNamespace(namespace).list().getItems())
        .extracting(pod -> pod.getMetadata().getOwnerReferences().get(0).getName())
        .containsExactlyInAnyOrder(
            "world-model-import",
            "two-facts-statistics",
            "two-facts-values",
            "two-facts-update",
            "two-facts-evaluate",
            "two-facts-publish");
    assertThat(client.resources(ModelVersion.class).inNamespace(namespace).list().getItems())
        .extracting(v -> v.getMetadata().getName() + " " + v.getSpec().digest())
        .containsExactlyInAnyOrder("world-v0 sha256:v0", "world-v1 sha256:v1");
    List<String> told =
        client.v1().events().inNamespace(namespace).list().getItems().stream()
            .filter(e -> e.getInvolvedObject().getKind().equals("EditJob"))
            .map(Event::getMessage)
            .toList();
    assertThat(told).doesNotHaveDuplicates().hasSizeLessThanOrEqualTo(10);
  }

  private static boolean ended(KubernetesClient client, EditJob job) {
    return EditJobDecider.finished(client.resource(job).get().getStatus());
  }

  private static void live(
      RealCluster cluster, String namespace, Mortal mortal, Callable<Boolean> over) {
    CompletableFuture<String> death = mortal.live();
    try (KubernetesClient client = cluster.operator(mortal)) {
      Operator operator =
          Assembly.operator(client, INSTALLATION, Set.of(namespace), null, Clock.systemUTC());
      operator.start();
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(50))
          .until(() -> death.isDone() || over.call());
      operator.stop();
    }
  }
}
