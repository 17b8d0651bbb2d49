package dev.errata.operator.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.operator.assembly.Assembly;
import dev.errata.operator.cluster.PodPlayer.End;
import dev.errata.operator.manifest.Installation;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script kubectl-errata with the real kubectl against a real API server. */
class KubectlErrataTest {
  private static final Path SCRIPT = Path.of("../deploy/kubectl/kubectl-errata").toAbsolutePath();

  private static RealCluster cluster;
  private static Scene scene;
  private static PodPlayer pods;
  private static KubernetesClient client;
  private static Operator operator;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    cluster = RealCluster.get();
    scene = Scene.of(cluster, "script");
    pods = new PodPlayer(cluster.admin());
    client = cluster.operator();
    operator =
        Assembly.operator(
            client,
            new Installation("errata/worker:1", null, "errata-store", 10001L),
            Set.of(scene.namespace()),
            null,
            Clock.systemUTC());
    operator.start();
    scene.model();
  }

  @AfterAll
  static void stop() {
    if (operator != null) {
      operator.stop();
      client.close();
      pods.close();
    }
  }

  /** What a command has said, and how it ended. */
  private record Said(int code, String out, String err) {
    Said exits(int wanted) {
      assertThat(code).as(out + err).isEqualTo(wanted);
      return this;
    }
  }

  private Said errata(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
    command.addAll(List.of(words));
    command.addAll(List.of("-n", scene.namespace()));
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("KUBECONFIG", cluster.kubeconfig().toString());
    builder.environment().merge("PATH", RealCluster.programs() + ":", (old, ours) -> ours + old);
    Process process = builder.start();
    process.getOutputStream().close();
    if (!process.waitFor(3, TimeUnit.MINUTES)) {
      process.destroyForcibly().waitFor();
    }
    return new Said(
        process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
  }

  @Test
  void aJobIsWatchedAndItsVersionRolledBackAndPromoted() throws Exception {
    EditJob job = scene.job("watched");
    assertThat(errata("watch", "watched").exits(0).out())
        .contains("Published: v1 of world is published from v0");
    scene.awaitPublished(job);
    assertThat(errata("rollback", "world").exits(0).out()).contains("world serves v0");
    assertThat(errata("rollback", "world").exits(1).err()).contains("there is nothing before it");
    assertThat(errata("promote", "world", "v1").exits(0).out()).contains("world serves v1");
    assertThat(errata("promote", "world", "v7").exits(1).err()).contains("has no version v7");
    assertThat(errata("promote", "world", "latest").exits(2).err())
        .contains("a version is written v0, v1");
    // The pods are played: they have no node, and so an empty log.
    assertThat(errata("logs", "watched", "update").exits(0).err()).isEmpty();
    assertThat(errata("logs", "watched", "import").exits(1).err()).contains("no pod of watched");
  }

  @Test
  void aJobThatFailsIsTold() throws Exception {
    pods.script(
        scene.namespace(), "fails", pod -> End.of(2, "errata: facts.jsonl:3: target: Required"));
    scene.job("fails");
    assertThat(errata("watch", "fails").exits(1).out())
        .contains("BadInput: ", "facts.jsonl:3: target: Required");
  }

  @Test
  void wrongCommandLinesAreTold() throws Exception {
    assertThat(errata("watch").exits(2).err()).contains("watch takes an EditJob");
    assertThat(errata("merge", "world").exits(2).err()).contains("unknown command \"merge\"");
    assertThat(errata("--help").exits(0).out()).contains("kubectl errata rollback MODEL");
    assertThat(errata("watch", "nobody").exits(1).err()).contains("nobody");
  }
}
