package dev.errata.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.resource.Condition;
import dev.errata.operator.Fixtures;
import dev.errata.operator.assembly.Assembly;
import dev.errata.operator.assembly.Leadership;
import dev.errata.operator.cluster.PodPlayer.End;
import dev.errata.operator.manifest.Installation;
import dev.errata.operator.manifest.Labels;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.Operator;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The operator on a real API server with the real Job controller; only pods are played. */
class OperatorOnClusterTest {
  private static final Installation INSTALLATION =
      new Installation("errata/worker:1", null, "errata-store", 10001L);

  private static RealCluster cluster;
  private static KubernetesClient client;
  private static Operator operator;
  private static PodPlayer pods;

  @BeforeAll
  static void start() {
    cluster = RealCluster.get();
    client = cluster.admin();
    pods = new PodPlayer(client);
    operator = operator(Set.of());
    operator.start();
  }

  @AfterAll
  static void stop() {
    if (operator != null) {
      operator.stop();
      pods.close();
    }
  }

  private static Operator operator(Set<String> namespaces) {
    return Assembly.operator(cluster.operator(), INSTALLATION, namespaces, null, Clock.systemUTC());
  }

  private static ConditionFactory soon() {
    return Awaitility.await().atMost(Duration.ofMinutes(5)).pollInterval(Duration.ofMillis(200));
  }

  private static Model model(String namespace) {
    Model model = Fixtures.model();
    model.getMetadata().setNamespace(namespace);
    model.getMetadata().setUid(null);
    return client.resource(model).create();
  }

  private static EditJob job(String namespace, String name, String... spec) {
    EditJob job = Fixtures.editJob(spec);
    job.getMetadata().setNamespace(namespace);
    job.getMetadata().setName(name);
    job.getMetadata().setUid(null);
    return client.resource(job).create();
  }

  private static EditJob get(EditJob job) {
    return client.resource(job).get();
  }

  private static String condition(EditJob job, String type) {
    EditJob now = get(job);
    if (now.getStatus() == null || now.getStatus().conditions() == null) {
      return "none";
    }
    return now.getStatus().conditions().stream()
        .filter(c -> c.type().equals(type))
        .map(c -> c.status() + "/" + c.reason())
        .findFirst()
        .orElse("none");
  }

  private static String message(EditJob job, String type) {
    return get(job).getStatus().conditions().stream()
        .filter(c -> c.type().equals(type))
        .map(Condition::message)
        .findFirst()
        .orElse("");
  }

  private static Job child(EditJob job, String stage) {
    return client
        .batch()
        .v1()
        .jobs()
        .inNamespace(job.getMetadata().getNamespace())
        .withName(job.getMetadata().getName() + "-" + stage)
        .get();
  }

  @Test
  @Together
  void aJobGoesFromApplyToAPublishedVersionInFewWrites() {
    String namespace = cluster.namespace("whole");
    AtomicInteger writes = new AtomicInteger();
    try (var watch =
        client
            .resources(EditJob.class)
            .inNamespace(namespace)
            .watch(
                new Watcher<>() {
                  @Override
                  public void eventReceived(Action action, EditJob resource) {
                    writes.addAndGet(action == Action.MODIFIED ? 1 : 0);
                  }

                  @Override
                  public void onClose(WatcherException cause) {}
                })) {
      EditJob job = job(namespace, "whole");
      soon()
          .untilAsserted(
              () -> assertThat(condition(job, "WorkersReady")).isEqualTo("False/WaitingForModel"));
      Model model = model(namespace);
      soon()
          .untilAsserted(() -> assertThat(condition(job, "Complete")).isEqualTo("True/Published"));

      assertThat(get(job).getStatus())
          .satisfies(
              s -> {
                assertThat(s.version()).isEqualTo("v1");
                assertThat(s.from()).isEqualTo("v0");
                assertThat(s.facts().verified()).isEqualTo(1);
                assertThat(s.observedGeneration()).isEqualTo(1);
              });
      ModelVersion version =
          client.resources(ModelVersion.class).inNamespace(namespace).withName("world-v1").get();
      assertThat(version.getSpec().parent()).isEqualTo("v0");
      assertThat(version.getSpec().editJob()).isEqualTo("whole");
      assertThat(version.getMetadata().getOwnerReferences())
          .singleElement()
          .satisfies(owner -> assertThat(owner.getUid()).isEqualTo(model.getMetadata().getUid()));
      assertThat(client.resource(model).get().getStatus())
          .satisfies(
              s -> {
                assertThat(s.current()).isEqualTo("v1");
                assertThat(s.latest()).isEqualTo("v1");
                assertThat(s.family()).isEqualTo("Qwen3");
                assertThat(s.parameters()).isEqualTo(123);
              });
      List<Event> events =
          client.v1().events().inNamespace(namespace).list().getItems().stream()
              .filter(e -> e.getInvolvedObject().getKind().equals("EditJob"))
              .toList();
      assertThat(events).hasSizeBetween(5, 10);
      assertThat(writes.get()).isLessThanOrEqualTo(8);
    }
  }

  @Test
  @Together
  void jobsOfAModelRunOneByOneAndTheSecondIsRebasedOrFails() {
    String namespace = cluster.namespace("turns");
    model(namespace);
    pods.script(namespace, "first", pod -> End.RUNS);
    EditJob first = job(namespace, "first");
    soon().untilAsserted(() -> assertThat(condition(first, "WorkersReady")).startsWith("True"));
    EditJob second = job(namespace, "second");
    EditJob third = job(namespace, "third", "onConflict: Fail");
    soon()
        .untilAsserted(
            () -> {
              assertThat(condition(second, "WorkersReady")).isEqualTo("False/WaitingForTurn");
              assertThat(messages(second)).anyMatch(m -> m.contains("\"first\" is at work"));
              assertThat(condition(third, "WorkersReady")).isEqualTo("False/WaitingForTurn");
              assertThat(get(third).getStatus().from()).isEqualTo("v0");
            });
    assertThat(child(second, "statistics")).isNull();
    pods.script(namespace, "first", pods::wellDone);
    client.pods().inNamespace(namespace).withLabel(Labels.EDIT_JOB, "first").delete();
    soon()
        .untilAsserted(
            () -> {
              assertThat(get(second).getStatus().version()).isEqualTo("v2");
              assertThat(get(second).getStatus().from()).isEqualTo("v1");
              assertThat(condition(third, "Failed")).isEqualTo("True/Conflict");
            });
  }

  @Test
  @Together
  void badInputFailsAtOnceWithTheEndOfTheLog() {
    String namespace = cluster.namespace("input");
    model(namespace);
    pods.script(namespace, "bad", pod -> End.of(2, "errata: facts.jsonl:3: target: Required"));
    EditJob job = job(namespace, "bad");
    soon().untilAsserted(() -> assertThat(condition(job, "Failed")).isEqualTo("True/BadInput"));
    assertThat(message(job, "Failed")).contains("facts.jsonl:3: target: Required", "mend it");
    assertThat(client.resources(ModelVersion.class).inNamespace(namespace).list().getItems())
        .allSatisfy(v -> assertThat(v.getSpec().version()).isEqualTo("v0"));
  }

  @Test
  @Together
  void aFailureIsTriedAgainAndTheLastOneTold() {
    String namespace = cluster.namespace("retry");
    model(namespace);
    pods.script(namespace, "full", pod -> End.of(1, "errata: No space left on device"));
    EditJob job = job(namespace, "full", "backoffLimit: 1");
    soon()
        .untilAsserted(
            () -> assertThat(condition(job, "Failed")).isEqualTo("True/BackoffLimitExceeded"));
    assertThat(message(job, "Failed"))
        .contains("spec.backoffLimit (1)", "its log ends: errata: No space left on device");
    assertThat(get(job).getStatus().failures()).isEqualTo(2);
    assertThat(reasons(job)).contains("ShardRetried", "BackoffLimitExceeded");
  }

  @Test
  @Together
  void aDisruptionCostsNoRetry() {
    String namespace = cluster.namespace("drain");
    model(namespace);
    AtomicInteger drained = new AtomicInteger();
    pods.script(
        namespace,
        "drained",
        pod -> drained.getAndIncrement() == 0 ? End.disrupted() : pods.wellDone(pod));
    EditJob job = job(namespace, "drained", "backoffLimit: 0");
    soon().untilAsserted(() -> assertThat(condition(job, "Complete")).isEqualTo("True/Published"));
    assertThat(get(job).getStatus().failures()).isNull();
  }

  @Test
  @Together
  void whatKeepsAPodFromStartingIsToldAndAnEditedManifestMendsIt() {
    String namespace = cluster.namespace("mend");
    model(namespace);
    pods.script(
        namespace,
        "mends",
        pod -> {
          boolean mended = pod.getSpec().getContainers().get(0).getImage().equals("worker:2");
          return mended
              ? pods.wellDone(pod)
              : End.waits("ErrImagePull", "manifest for worker:1 not found");
        });
    EditJob job = job(namespace, "mends", "workers: {image: worker:1}");
    soon()
        .untilAsserted(
            () -> {
              assertThat(condition(job, "WorkersReady")).isEqualTo("False/ImageUnavailable");
              assertThat(message(job, "WorkersReady"))
                  .contains("mend spec.workers.image", "manifest for worker:1 not found");
            });
    patch(job, "{\"spec\":{\"workers\":{\"image\":\"worker:2\"}}}");
    soon().untilAsserted(() -> assertThat(condition(job, "Complete")).isEqualTo("True/Published"));
    assertThat(get(job).getStatus().observedGeneration()).isEqualTo(2);
  }

  @Test
  @Together
  void theSchedulersWordsAreRepeated() {
    String namespace = cluster.namespace("nodes");
    model(namespace);
    String words = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.";
    pods.script(namespace, "large", pod -> End.unschedulable(words));
    EditJob job = job(namespace, "large");
    soon()
        .untilAsserted(
            () -> {
              assertThat(condition(job, "WorkersReady")).isEqualTo("False/Unschedulable");
              assertThat(message(job, "WorkersReady")).contains(words);
            });
    assertThat(reasons(job)).containsOnlyOnce("Unschedulable");
  }

  private static List<String> reasons(EditJob job) {
    return events(job).map(Event::getReason).toList();
  }

  private static List<String> messages(EditJob job) {
    return events(job).map(Event::getMessage).toList();
  }

  private static Stream<Event> events(EditJob job) {
    return client
        .v1()
        .events()
        .inNamespace(job.getMetadata().getNamespace())
        .list()
        .getItems()
        .stream()
        .filter(e -> job.getMetadata().getUid().equals(e.getInvolvedObject().getUid()));
  }

  @Test
  @Together
  void aSuspendedJobRestsAndGoesOn() {
    String namespace = cluster.namespace("rest");
    model(namespace);
    pods.script(namespace, "rests", pod -> End.RUNS);
    EditJob job = job(namespace, "rests");
    soon().untilAsserted(() -> assertThat(condition(job, "WorkersReady")).startsWith("True"));
    patch(job, "{\"spec\":{\"suspend\":true}}");
    soon()
        .untilAsserted(
            () -> {
              assertThat(condition(job, "Suspended")).isEqualTo("True/SuspendedByUser");
              assertThat(child(job, "statistics").getSpec().getSuspend()).isTrue();
            });
    pods.script(namespace, "rests", pods::wellDone);
    patch(job, "{\"spec\":{\"suspend\":false}}");
    soon().untilAsserted(() -> assertThat(condition(job, "Complete")).isEqualTo("True/Published"));
  }

  /** As {@code kubectl patch --type merge} does. */
  private static void patch(HasMetadata resource, String json) {
    client.resource(resource).patch(PatchContext.of(PatchType.JSON_MERGE), json);
  }

  @Test
  @Together
  void aQueueStartsAndStopsThePods() {
    String namespace = cluster.namespace("queue");
    model(namespace);
    pods.script(namespace, "queued", pod -> End.RUNS);
    EditJob wanted = Fixtures.editJob();
    wanted.getMetadata().setNamespace(namespace);
    wanted.getMetadata().setName("queued");
    wanted.getMetadata().setUid(null);
    wanted.getMetadata().setLabels(Map.of(Labels.QUEUE, "gpu"));
    EditJob job = client.resource(wanted).create();
    soon()
        .untilAsserted(
            () -> assertThat(condition(job, "QuotaReserved")).isEqualTo("False/WaitingForQuota"));
    assertThat(child(job, "statistics").getMetadata().getLabels())
        .containsEntry(Labels.QUEUE, "gpu");
    admit(job, true);
    soon()
        .untilAsserted(
            () -> {
              assertThat(condition(job, "QuotaReserved")).isEqualTo("True/QuotaReserved");
              assertThat(condition(job, "WorkersReady")).isEqualTo("True/Running");
            });
    admit(job, false);
    soon()
        .untilAsserted(
            () -> assertThat(condition(job, "QuotaReserved")).isEqualTo("False/Evicted"));
    pods.script(namespace, "queued", pods::wellDone);
    for (String stage : List.of("statistics", "values", "update", "evaluate", "publish")) {
      soon().until(() -> child(job, stage) != null);
      admit(job, stage, true);
    }
    soon().untilAsserted(() -> assertThat(condition(job, "Complete")).isEqualTo("True/Published"));
  }

  private static void admit(EditJob job, boolean run) {
    admit(job, "statistics", run);
  }

  /** What Kueue does to a Job of its queues. */
  private static void admit(EditJob job, String stage, boolean run) {
    patch(child(job, stage), "{\"spec\":{\"suspend\":" + !run + "}}");
  }

  @Test
  @Together
  void thePointerFollowsTheModel() {
    String namespace = cluster.namespace("pointer");
    Model model = model(namespace);
    EditJob job = job(namespace, "edits");
    soon().untilAsserted(() -> assertThat(condition(job, "Complete")).isEqualTo("True/Published"));
    patch(model, "{\"spec\":{\"current\":\"v0\"}}");
    soon()
        .untilAsserted(
            () -> {
              assertThat(client.resource(model).get().getStatus().current()).isEqualTo("v0");
              assertThat(client.resource(model).get().getStatus().latest()).isEqualTo("v1");
            });
    patch(model, "{\"spec\":{\"current\":\"v1\"}}");
    soon()
        .untilAsserted(
            () -> {
              assertThat(client.resource(model).get().getStatus().current()).isEqualTo("v1");
              assertThat(client.resource(model).get().getStatus().conditions())
                  .filteredOn(c -> c.type().equals("Promoted"))
                  .singleElement()
                  .satisfies(c -> assertThat(c.status()).isEqualTo(Condition.Status.True));
            });
  }

  @Test
  @Together
  void whatIsDeletedIsGone() {
    String namespace = cluster.namespace("gone");
    Model model = model(namespace);
    pods.script(namespace, "first", pod -> End.RUNS);
    EditJob first = job(namespace, "first");
    soon().untilAsserted(() -> assertThat(condition(first, "WorkersReady")).startsWith("True"));
    EditJob second = job(namespace, "second");
    soon()
        .untilAsserted(
            () -> assertThat(condition(second, "WorkersReady")).isEqualTo("False/WaitingForTurn"));
    pods.script(namespace, "second", pod -> End.RUNS);
    client.resource(first).delete();
    soon().untilAsserted(() -> assertThat(child(first, "statistics")).isNull());
    soon().untilAsserted(() -> assertThat(condition(second, "WorkersReady")).startsWith("True"));
    client.resource(model).delete();
    soon()
        .untilAsserted(
            () -> assertThat(condition(second, "Failed")).isEqualTo("True/ModelDeleted"));
    client.namespaces().withName(namespace).delete();
    soon().until(() -> client.namespaces().withName(namespace).get() == null);
  }

  @Test
  @Together
  void aFinishedJobGoesAfterItsTime() {
    String namespace = cluster.namespace("ttl");
    model(namespace);
    EditJob job = job(namespace, "short", "ttlSecondsAfterFinished: 0");
    soon().until(() -> get(job) == null);
    assertThat(
            client.resources(ModelVersion.class).inNamespace(namespace).withName("world-v1").get())
        .isNotNull();
  }

  @Test
  @Together
  void theApiServerRefusesWhatTheLaptopRefuses() {
    String namespace = cluster.namespace("cel");
    pods.script(namespace, "job", pod -> End.RUNS);
    EditJob job = job(namespace, "job");
    assertThatThrownBy(() -> patch(job, "{\"spec\":{\"model\":\"other\"}}"))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("is immutable; create another EditJob");
    assertThatThrownBy(() -> job(namespace, "x".repeat(51)))
        .hasMessageContaining("at most 50 characters");
  }

  @Test
  @Together
  void onlyTheLeaderActsAndWhoLosesTheLeaseIsTold() throws InterruptedException {
    String namespace = cluster.namespace("lease");
    Set<String> lost = ConcurrentHashMap.newKeySet();
    Map<String, Operator> operators =
        Map.of("one", elected(namespace, "one", lost), "two", elected(namespace, "two", lost));
    List<Thread> threads =
        operators.values().stream().map(operator -> new Thread(operator::start)).toList();
    threads.forEach(Thread::start);
    soon().until(() -> holder(namespace) != null);
    String leader = holder(namespace);
    assertThat(lost).isEmpty();

    // As when the API server was out of the leader's reach until another one took over.
    soon()
        .ignoreExceptionsMatching(OperatorOnClusterTest::overtaken)
        .until(() -> stolen(namespace));
    soon().until(() -> lost.contains(leader));
    operators.get(leader).stop();
    String other = leader.equals("one") ? "two" : "one";
    soon().until(() -> other.equals(holder(namespace)));
    assertThat(lost).doesNotContain(other);
    operators.get(other).stop();
    for (Thread thread : threads) {
      thread.join(Duration.ofSeconds(30).toMillis());
    }
  }

  /** The leader renews its lease all the time: it may be written between a read and a write. */
  private static boolean overtaken(Throwable e) {
    return e instanceof KubernetesClientException refused
        && refused.getCode() == HttpURLConnection.HTTP_CONFLICT;
  }

  private static boolean stolen(String namespace) {
    client
        .leases()
        .inNamespace(namespace)
        .withName("errata-operator")
        .edit(
            lease ->
                new LeaseBuilder(lease)
                    .editSpec()
                    .withHolderIdentity("thief")
                    .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC))
                    .endSpec()
                    .build());
    return true;
  }

  private static String holder(String namespace) {
    var lease = client.leases().inNamespace(namespace).withName("errata-operator").get();
    String holder = lease == null ? null : lease.getSpec().getHolderIdentity();
    return holder == null || holder.isEmpty() ? null : holder;
  }

  private static Operator elected(String namespace, String identity, Set<String> lost) {
    var pace =
        new Leadership.Pace(Duration.ofSeconds(9), Duration.ofSeconds(7), Duration.ofSeconds(1));
    return Assembly.operator(
        client,
        INSTALLATION,
        Set.of(namespace),
        Leadership.of(
            "errata-operator", namespace, identity, pace, () -> {}, () -> lost.add(identity)),
        Clock.systemUTC());
  }
}
