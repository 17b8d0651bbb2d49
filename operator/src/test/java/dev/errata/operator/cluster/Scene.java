package dev.errata.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.resource.Condition;
import dev.errata.operator.Fixtures;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/**
 * A namespace with Models and EditJobs, as a user sees it.
 *
 * @param client may do everything
 */
record Scene(KubernetesClient client, String namespace) {
  static Scene of(RealCluster cluster, String prefix) {
    return new Scene(cluster.admin(), cluster.namespace(prefix));
  }

  /** Soon enough, however busy the machine is; an API server that is away counts as not yet. */
  static ConditionFactory soon() {
    return Awaitility.await()
        .atMost(Duration.ofMinutes(10))
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions();
  }

  Model model() {
    return create(Fixtures.model());
  }

  EditJob job(String name, String... spec) {
    EditJob job = Fixtures.editJob(spec);
    job.getMetadata().setName(name);
    return create(job);
  }

  private <T extends HasMetadata> T create(T resource) {
    resource.getMetadata().setNamespace(namespace);
    resource.getMetadata().setUid(null);
    return client.resource(resource).create();
  }

  /** As {@code kubectl patch --type merge} does. */
  void patch(HasMetadata resource, String json) {
    client.resource(resource).patch(PatchContext.of(PatchType.JSON_MERGE), json);
  }

  /** Status and reason of a condition. */
  String says(EditJob job, String type) {
    return condition(job, type).map(c -> c.status() + "/" + c.reason()).orElse("none");
  }

  String message(EditJob job, String type) {
    return condition(job, type).map(Condition::message).orElse("");
  }

  private Optional<Condition> condition(EditJob job, String type) {
    EditJob now = client.resource(job).get();
    if (now.getStatus() == null || now.getStatus().conditions() == null) {
      return Optional.empty();
    }
    return now.getStatus().conditions().stream().filter(c -> c.type().equals(type)).findFirst();
  }

  void awaitRunning(EditJob job) {
    soon().untilAsserted(() -> assertThat(says(job, "WorkersReady")).isEqualTo("True/Running"));
  }

  void awaitPublished(EditJob job) {
    soon().untilAsserted(() -> assertThat(says(job, "Complete")).isEqualTo("True/Published"));
  }

  /** What the pods of the namespace belong to; a stage that ran twice is there twice. */
  List<String> ran() {
    return client.pods().inNamespace(namespace).list().getItems().stream()
        .map(pod -> pod.getMetadata().getOwnerReferences().get(0).getName())
        .toList();
  }

  /** Versions that are known, with their digests. */
  List<String> versions() {
    return client.resources(ModelVersion.class).inNamespace(namespace).list().getItems().stream()
        .map(v -> v.getMetadata().getName() + " " + v.getSpec().digest())
        .sorted()
        .toList();
  }

  /** What was told about EditJobs. */
  List<String> told() {
    return client.v1().events().inNamespace(namespace).list().getItems().stream()
        .filter(e -> e.getInvolvedObject().getKind().equals("EditJob"))
        .map(Event::getMessage)
        .toList();
  }

  /** One job went from v0 to v1, every stage ran once and everything was told once. */
  void assertOneWholeLife(EditJob job) {
    String name = job.getMetadata().getName();
    assertThat(ran())
        .containsExactlyInAnyOrder(
            "world-model-import",
            name + "-statistics",
            name + "-values",
            name + "-update",
            name + "-evaluate",
            name + "-publish");
    assertThat(versions()).containsExactly("world-v0 sha256:v0", "world-v1 sha256:v1");
    assertThat(client.resource(job).get().getStatus().failures()).isNull();
    assertThat(told()).doesNotHaveDuplicates().hasSizeLessThanOrEqualTo(10);
  }
}
