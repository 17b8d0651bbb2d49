package dev.errata.operator.assembly;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.WorkerReport;
import dev.errata.api.resource.Gate;
import dev.errata.api.resource.ModelStatus;
import dev.errata.operator.decide.Note;
import dev.errata.operator.manifest.Stories;
import dev.errata.operator.manifest.Versions;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** All that the operator does to a cluster beside the status of what it reconciles. */
final class Writer {
  /** Owner of the fields that the operator applies. */
  static final String FIELD_MANAGER = "errata-operator";

  /** Owner of a Model's pointer, which jobs and the Model's own tasks move. */
  private static final String POINTER = "errata-pointer";

  /** Owner of a child Job's suspend, which is the only field of it that changes. */
  private static final String SUSPENSION = "errata-suspension";

  /** As the API server says that it cannot take an object as it is. */
  private static final int UNPROCESSABLE = 422;

  private static final Logger LOG = Logger.getLogger(Writer.class);

  private final KubernetesClient client;
  private final Consumer<ModelVersion> published;

  /**
   * Prepares.
   *
   * @param published hears of every version that was made known
   */
  Writer(KubernetesClient client, Consumer<ModelVersion> published) {
    this.client = client;
    this.published = published;
  }

  private static PatchContext apply(String manager) {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager(manager)
        .withForce(true)
        .build();
  }

  void apply(ConfigMap manifest) {
    client.resource(manifest).patch(apply(FIELD_MANAGER));
  }

  /**
   * Creates a child Job unless it exists. It is not applied: after its creation its fields belong
   * to the controllers that run it, Kueue among them.
   *
   * @param owner whose child it is
   * @return it, as it stands on the cluster
   * @throws KubernetesClientException when it cannot be made now
   */
  Job create(Job job, HasMetadata owner) {
    try {
      return client.resource(job).create();
    } catch (KubernetesClientException e) {
      Job there = exists(e) ? client.resource(job).get() : null;
      if (there == null || there.getMetadata().getDeletionTimestamp() != null) {
        throw e;
      }
      if (!Sources.ownedBy(there, owner)) {
        throw new KubernetesClientException(
            "Job \"" + there.getMetadata().getName() + "\" is there and is not of Errata",
            UNPROCESSABLE,
            null);
      }
      return there;
    }
  }

  /** A conflict may also mean that the API server is busy. */
  private static boolean exists(KubernetesClientException e) {
    return e.getStatus() != null && "AlreadyExists".equals(e.getStatus().getReason());
  }

  void suspend(String namespace, String child, boolean rest) {
    Job patch =
        new JobBuilder()
            .withNewMetadata()
            .withName(child)
            .withNamespace(namespace)
            .endMetadata()
            .withNewSpec()
            .withSuspend(rest)
            .endSpec()
            .build();
    try {
      client.resource(patch).patch(apply(SUSPENSION));
    } catch (KubernetesClientException e) {
      // An apply on what is gone is a creation, which lacks a template.
      if (e.getCode() != UNPROCESSABLE) {
        throw e;
      }
    }
  }

  void remove(String namespace, String child) {
    client
        .batch()
        .v1()
        .jobs()
        .inNamespace(namespace)
        .withName(child)
        .withPropagationPolicy(DeletionPropagation.BACKGROUND)
        .delete();
  }

  void delete(EditJob job) {
    client.resource(job).withPropagationPolicy(DeletionPropagation.BACKGROUND).delete();
  }

  /** Tells Events; what cannot be told does not keep the work waiting. */
  void tell(HasMetadata object, List<Note> notes, Instant now) {
    for (Note note : notes) {
      try {
        client.resource(Stories.of(object, note, now)).create();
      } catch (KubernetesClientException e) {
        if (!exists(e)) {
          LOG.warnf(
              "Event %s of %s %s is not told: %s",
              note.reason(), object.getKind(), object.getMetadata().getName(), e.getMessage());
        }
      }
    }
  }

  /**
   * Makes a version and the pointer known that a worker has reported.
   *
   * @param editJob name of the job; null for a task of the Model
   */
  void publish(Model model, String editJob, List<Gate> gates, WorkerReport report) {
    if (report.version() != null && report.state() != null) {
      create(Versions.of(model, editJob, gates, report), model);
    }
    if (report.current() != null) {
      point(model, report);
    }
  }

  /** A version never changes: it is made known once, whoever tells of it again. */
  private void create(ModelVersion version, Model model) {
    try {
      client.resource(version).create();
      published.accept(version);
    } catch (KubernetesClientException e) {
      ModelVersion there = exists(e) ? client.resource(version).get() : null;
      // That of a namesake that was deleted is about to go, and then there is room.
      if (there == null || !Sources.ownedBy(there, model)) {
        throw e;
      }
    }
  }

  private void point(Model model, WorkerReport report) {
    Model now = client.resource(model).get();
    if (now == null) {
      return;
    }
    ModelStatus status = now.getStatus();
    String latest = report.latest() == null && status != null ? status.latest() : report.latest();
    boolean told = report.current().equals(report.version());
    String digest = told ? report.digest() : status == null ? null : status.digest();
    if (status != null
        && report.current().equals(status.current())
        && Objects.equals(latest, status.latest())
        && Objects.equals(digest, status.digest())) {
      return;
    }
    Model patch = new Model();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(model.getMetadata().getName())
            .withNamespace(model.getMetadata().getNamespace())
            .build());
    patch.setStatus(new ModelStatus(null, null, null, report.current(), latest, digest, null));
    client.resource(patch).subresource("status").patch(apply(POINTER));
  }
}
