package dev.errata.operator.load;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.ModelStatus;
import dev.errata.api.resource.Reason;
import dev.errata.api.resource.Stage;
import dev.errata.operator.Fixtures;
import dev.errata.operator.decide.Conditions;
import dev.errata.operator.decide.Times;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Makes Models and EditJobs, many at once. */
final class Generator implements AutoCloseable {
  private final KubernetesClient client;
  private final String namespace;
  private final ExecutorService pool = Executors.newFixedThreadPool(16);

  Generator(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  /** Makes Models that are imported already. */
  void models(String prefix, int count) {
    each(count, number -> model(prefix + number));
  }

  private void model(String name) {
    Model model = Fixtures.model();
    model.getMetadata().setName(name);
    model.getMetadata().setNamespace(namespace);
    model.getMetadata().setUid(null);
    Model made = client.resource(model).create();
    made.setStatus(
        new ModelStatus(
            1L,
            "Qwen3",
            123L,
            "v0",
            "v0",
            "sha256:v0",
            new Conditions(null, 1L, Instant.now())
                .set(ConditionType.Ready, true, Reason.Imported, Reason.Imported.meaning())
                .list()));
    client.resource(made).updateStatus();
  }

  /** Makes EditJobs, spread over the Models of a prefix. */
  void jobs(String prefix, int count, String models, int modelCount) {
    each(count, number -> job(prefix + number, models + number % modelCount));
  }

  /** Makes EditJobs that have ended already, as a cluster has them after a while. */
  void ended(String prefix, int count, String models, int modelCount) {
    each(count, number -> ended(job(prefix + number, models + number % modelCount)));
  }

  private void ended(EditJob job) {
    Instant now = Instant.now();
    String message = "v1 of " + job.getSpec().model() + " is published from v0, and is current.";
    job.setStatus(
        new EditJobStatus(
            1L,
            Stage.Publish,
            null,
            "v0",
            "v1",
            "sha256:v1",
            new FactCounts(1, 1, 0, 0),
            Times.format(now),
            Times.format(now),
            null,
            null,
            null,
            new Conditions(null, 1L, now)
                .set(ConditionType.Complete, true, Reason.Published, message)
                .set(ConditionType.VersionPublished, true, Reason.Published, message)
                .set(ConditionType.WorkersReady, false, Reason.Finished, Reason.Finished.meaning())
                .list()));
    client.resource(job).updateStatus();
  }

  /** Makes an EditJob. */
  EditJob job(String name, String model) {
    EditJob job = Fixtures.editJobOf(model);
    job.getMetadata().setName(name);
    job.getMetadata().setNamespace(namespace);
    job.getMetadata().setUid(null);
    return client.resource(job).create();
  }

  private void each(int count, IntConsumer work) {
    for (Future<?> done :
        IntStream.range(0, count).mapToObj(n -> pool.submit(() -> work.accept(n))).toList()) {
      try {
        done.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      }
    }
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
