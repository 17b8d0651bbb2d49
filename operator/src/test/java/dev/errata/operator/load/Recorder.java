package dev.errata.operator.load;

import dev.errata.api.EditJob;
import dev.errata.api.ModelVersion;
import dev.errata.operator.decide.EditJobDecider;
import dev.errata.operator.manifest.Labels;
import dev.errata.operator.manifest.Names;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Writes down what happens on the API server, and when. It asks nothing of the operator. */
final class Recorder implements AutoCloseable {
  private static final Pattern REQUESTS =
      Pattern.compile("(?m)^apiserver_request_total\\{([^}]*)\\} ([0-9.e+]+)$");

  /** When the first child Job of an EditJob was seen, in nanoseconds, by the EditJob's name. */
  final Map<String, Long> begun = new ConcurrentHashMap<>();

  /** How often each EditJob was written. */
  final Map<String, AtomicInteger> writes = new ConcurrentHashMap<>();

  /** EditJobs that have ended. */
  final Set<String> ended = ConcurrentHashMap.newKeySet();

  private final KubernetesClient client;
  private final SharedIndexInformer<EditJob> editJobs;
  private final SharedIndexInformer<Job> jobs;
  private final SharedIndexInformer<Job> listings;
  private final SharedIndexInformer<ModelVersion> versions;

  /** Names of the ModelVersions that pods have listed. */
  private final Set<String> listed = ConcurrentHashMap.newKeySet();

  Recorder(KubernetesClient client, String namespace) {
    this.client = client;
    this.editJobs =
        client
            .resources(EditJob.class)
            .inNamespace(namespace)
            .inform(
                new Handler<>() {
                  @Override
                  public void onUpdate(EditJob before, EditJob now) {
                    writes.computeIfAbsent(name(now), n -> new AtomicInteger()).incrementAndGet();
                    if (EditJobDecider.finished(now.getStatus())) {
                      ended.add(name(now));
                    }
                  }
                });
    this.jobs =
        client
            .batch()
            .v1()
            .jobs()
            .inNamespace(namespace)
            .withLabel(Labels.EDIT_JOB)
            .inform(
                new Handler<>() {
                  @Override
                  public void onAdd(Job job) {
                    begun.putIfAbsent(
                        job.getMetadata().getLabels().get(Labels.EDIT_JOB), System.nanoTime());
                  }
                });
    this.listings = listings(namespace);
    this.versions =
        client.resources(ModelVersion.class).inNamespace(namespace).inform(new Handler<>());
  }

  private SharedIndexInformer<Job> listings(String namespace) {
    return client
        .batch()
        .v1()
        .jobs()
        .inNamespace(namespace)
        .withLabel(Labels.LISTS)
        .inform(
            new Handler<>() {
              @Override
              public void onUpdate(Job before, Job now) {
                if (now.getStatus().getCompletionTime() != null) {
                  String model = now.getMetadata().getLabels().get(Labels.LISTS);
                  String told = now.getMetadata().getAnnotations().get(Labels.VERSIONS);
                  Arrays.stream(told.split(",", -1))
                      .forEach(version -> listed.add(Names.version(model, version)));
                }
              }
            });
  }

  /** Whether pods have listed all versions but the imported ones, and their Jobs are gone. */
  boolean allListed() {
    return listings.getStore().list().isEmpty()
        && versions.getStore().list().stream()
            .filter(version -> version.getSpec().parent() != null)
            .map(Recorder::name)
            .allMatch(listed::contains);
  }

  private static String name(HasMetadata resource) {
    return resource.getMetadata().getName();
  }

  /** What is left of EditJobs and their child Jobs. */
  int left() {
    return editJobs.getStore().list().size() + jobs.getStore().list().size();
  }

  /** Requests that wrote what Errata deals in, by anybody, since the API server started. */
  double allWrites() {
    Matcher lines = REQUESTS.matcher(client.raw("/metrics"));
    double sum = 0;
    while (lines.find()) {
      String labels = lines.group(1);
      boolean write = labels.matches(".*verb=\"(POST|PUT|PATCH|APPLY|DELETE)\".*");
      boolean ours =
          labels.matches(
              ".*resource=\"(editjobs|models|modelversions|jobs|pods|events|configmaps)\".*");
      if (write && ours) {
        sum += Double.parseDouble(lines.group(2));
      }
    }
    return sum;
  }

  @Override
  public void close() {
    editJobs.stop();
    jobs.stop();
    listings.stop();
    versions.stop();
  }

  /** Does nothing. */
  private static class Handler<T> implements ResourceEventHandler<T> {
    @Override
    public void onAdd(T resource) {}

    @Override
    public void onUpdate(T before, T now) {}

    @Override
    public void onDelete(T resource, boolean unknown) {}
  }
}
