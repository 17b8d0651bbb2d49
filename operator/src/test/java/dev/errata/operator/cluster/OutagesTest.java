package dev.errata.operator.cluster;

import dev.errata.api.EditJob;
import dev.errata.operator.assembly.Assembly;
import dev.errata.operator.cluster.PodPlayer.End;
import dev.errata.operator.manifest.Installation;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A cluster that goes away and comes back: nothing is lost and nothing done twice. */
class OutagesTest {
  private static final Installation INSTALLATION =
      new Installation("errata/worker:1", null, "errata-store", 10001L);

  /** How long the API server is gone; deploy/e2e/faults has it gone for a minute. */
  private static final Duration OUTAGE = Duration.ofSeconds(15);

  @ParameterizedTest
  @CsvSource({"kube-apiserver", "etcd"})
  void whatRanWhileTheApiServerWasAwayIsTakenIn(String part) throws IOException {
    RealCluster cluster = RealCluster.get();
    Scene scene = Scene.of(cluster, "away");
    try (KubernetesClient client = cluster.operator();
        PodPlayer pods = new PodPlayer(cluster.admin(), scene.namespace())) {
      Operator operator =
          Assembly.operator(
              client, INSTALLATION, Set.of(scene.namespace()), null, Clock.systemUTC());
      operator.start();
      scene.model();
      pods.script(scene.namespace(), "away", pod -> End.RUNS);
      EditJob job = scene.job("away");
      scene.awaitRunning(job);
      cluster.kill(part);
      Awaitility.await().pollDelay(OUTAGE).atMost(OUTAGE.multipliedBy(2)).until(() -> true);
      cluster.mend();
      pods.script(scene.namespace(), "away", pods::wellDone);
      pods.goOn(scene.namespace(), "away");
      scene.awaitPublished(job);
      operator.stop();
      scene.assertOneWholeLife(job);
    }
  }
}
