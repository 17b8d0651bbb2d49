package dev.errata.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.event.ProgressEvent;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.ProgressTarget;
import dev.errata.api.resource.Stage;
import dev.errata.broker.Broker;
import dev.errata.operator.Fixtures;
import dev.errata.operator.assembly.Assembly;
import dev.errata.operator.cluster.PodPlayer.End;
import dev.errata.operator.manifest.Installation;
import dev.errata.operator.manifest.Labels;
import dev.errata.operator.meters.OperatorMeters;
import dev.errata.operator.progress.Hearing;
import dev.errata.operator.progress.Told;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.javaoperatorsdk.operator.Operator;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

/** What workers tell a real broker reaches the status of their job on a real API server. */
class ProgressOnClusterTest {
  private static final int FLOOD = 100_000;

  private static ConditionFactory soon() {
    return Awaitility.await().atMost(Duration.ofMinutes(5)).pollInterval(Duration.ofMillis(200));
  }

  @Test
  void theStatusSaysHowFarTheWorkersAreAndNoMoreThanThatWhenTheyAreSilent() throws Exception {
    RealCluster cluster = RealCluster.get();
    KubernetesClient client = cluster.admin();
    String namespace = cluster.namespace("progress");
    try (Broker broker = Broker.withPasswords();
        Hearing hearing = Hearing.open(Told.access(broker), "op", true, Clock.systemUTC());
        PodPlayer pods = new PodPlayer(client)) {
      Installation installation =
          new Installation(
              "errata/worker:1",
              null,
              "errata-store",
              null,
              null,
              10001L,
              new ProgressTarget(broker.bootstrap(), "errata-kafka"),
              null,
              null);
      Operator operator =
          Assembly.operator(
              cluster.operator(),
              installation,
              Set.of(namespace),
              null,
              Clock.systemUTC(),
              hearing,
              failure -> {},
              span -> {},
              OperatorMeters.unread(client, Clock.systemUTC()));
      pods.script(
          namespace,
          "two-facts",
          pod ->
              "Values".equals(pod.getMetadata().getLabels().get(Labels.STAGE))
                  ? End.RUNS
                  : pods.wellDone(pod));
      operator.start();
      EditJob job = started(client, namespace);
      soon().until(() -> hearing.consumer().connected());
      try (Told told = new Told(broker)) {
        told.send(event(job, 0, 7, 20, 50)).get();
        soon().until(() -> "40%".equals(percent(client, job)));
        told.send(event(job, 0, 6, 49, 50)).get();
        told.send(event(job, 0, 8, 30, 50)).get();
        soon().until(() -> "60%".equals(percent(client, job)));
        EditJobStatus status = client.resource(job).get().getStatus();
        assertThat(status.progress().done()).isEqualTo(30);
        assertThat(status.progress().total()).isEqualTo(50);
        assertThat(hearing.stale()).isEqualTo(1);
        aFloodOfEventsIsAFewWrites(client, job, told);

        // The broker goes; the job does not.
        broker.stop();
        soon()
            .until(
                () ->
                    ready(client, job)
                        .contains("progress is unknown: Kafka does not answer the operator"));
        assertThat(client.resource(job).get().getStatus().progress()).isNull();
        client
            .pods()
            .inNamespace(namespace)
            .withLabel(Labels.STAGE, "Values")
            .list()
            .getItems()
            .forEach(pods::end);
        soon().until(() -> "v1".equals(client.resource(job).get().getStatus().version()));
      }
      operator.stop();
    }
  }

  /** Ten seconds' worth of what one core takes in: its news reach the status at their pace. */
  private static void aFloodOfEventsIsAFewWrites(KubernetesClient client, EditJob job, Told told)
      throws Exception {
    AtomicInteger writes = new AtomicInteger();
    long began = System.nanoTime();
    try (Watch watch =
        client
            .resource(client.resource(job).get())
            .watch(
                new Watcher<EditJob>() {
                  @Override
                  public void eventReceived(Action action, EditJob now) {
                    writes.incrementAndGet();
                  }

                  @Override
                  public void onClose(WatcherException e) {}
                })) {
      Future<?> last = null;
      for (int i = 1; i <= FLOOD; i++) {
        last = told.send(event(job, 0, 8 + i, i, FLOOD));
      }
      last.get();
      soon().until(() -> "100%".equals(percent(client, job)));
      long seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds();
      // The first is what the watch begins with.
      assertThat(writes.get()).isBetween(1, 3 + (int) (seconds / 5));
    }
  }

  private static EditJob started(KubernetesClient client, String namespace) {
    Model model = Fixtures.model();
    model.getMetadata().setNamespace(namespace);
    model.getMetadata().setUid(null);
    client.resource(model).create();
    EditJob wanted = Fixtures.editJob();
    wanted.getMetadata().setNamespace(namespace);
    wanted.getMetadata().setUid(null);
    EditJob job = client.resource(wanted).create();
    soon()
        .until(
            () -> {
              EditJobStatus status = client.resource(job).get().getStatus();
              return status != null && status.stage() == Stage.Values;
            });
    return job;
  }

  private static String ready(KubernetesClient client, EditJob job) {
    return client.resource(job).get().getStatus().conditions().stream()
        .filter(condition -> condition.type().equals("WorkersReady"))
        .map(Condition::message)
        .findFirst()
        .orElse("");
  }

  private static String percent(KubernetesClient client, EditJob job) {
    var progress = client.resource(job).get().getStatus().progress();
    return progress == null ? null : progress.percent();
  }

  private static ProgressEvent event(EditJob job, int attempt, long sequence, long done, long all) {
    return new ProgressEvent(
        job.getMetadata().getNamespace(),
        job.getMetadata().getName(),
        job.getMetadata().getUid(),
        job.getSpec().model(),
        Stage.Values,
        "values",
        "facts",
        attempt,
        0,
        1,
        sequence,
        done,
        all,
        0);
  }
}
