package dev.errata.worker.watch;

import dev.errata.api.EditJob;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.Reason;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** Shows a job by its status, which the operator writes at most every five seconds. */
public final class StatusWatch {
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final String namespace;
  private final String job;
  private final Progress shown;
  private String part;
  private String said;

  /** Prepares to show a job. */
  public StatusWatch(String namespace, String job, Progress shown) {
    this.namespace = namespace;
    this.job = job;
    this.shown = shown;
  }

  /**
   * Shows the job until it has ended. An API server that is away for a while is waited for.
   *
   * @throws InputException when there is no such job, or it may not be read
   */
  public JobEnd run(KubernetesClient client) {
    boolean seen = false;
    while (true) {
      EditJob now = null;
      try {
        now = client.resources(EditJob.class).inNamespace(namespace).withName(job).get();
        if (now == null) {
          throw new InputException(
              "EditJob \""
                  + namespace
                  + "/"
                  + job
                  + (seen ? "\" was deleted" : "\" does not exist"));
        }
        seen = true;
      } catch (KubernetesClientException e) {
        if (!seen || refused(e)) {
          throw new InputException(
              "EditJob \"" + namespace + "/" + job + "\" cannot be read: " + why(client, e), e);
        }
        say("the API server does not answer; waiting for it");
      }
      Optional<JobEnd> end = now == null ? Optional.empty() : look(now.getStatus());
      if (end.isPresent()) {
        return end.get();
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  /**
   * How the job has ended; empty while it has not, or when nobody can say: there is no such job, or
   * the API server does not answer.
   *
   * @param uid of the job that is meant; null for any of this name
   */
  public Optional<JobEnd> end(KubernetesClient client, String uid) {
    try {
      EditJob now = client.resources(EditJob.class).inNamespace(namespace).withName(job).get();
      return now == null || (uid != null && !uid.equals(now.getMetadata().getUid()))
          ? Optional.empty()
          : ended(now.getStatus());
    } catch (KubernetesClientException e) {
      say("the job's status cannot be read, only what its workers tell: " + why(client, e));
      return Optional.empty();
    }
  }

  /** An answer of the API server has a code; that there is none is said in plain words. */
  private static String why(KubernetesClient client, KubernetesClientException e) {
    return e.getCode() > 0
        ? e.getMessage()
        : "the API server at " + client.getMasterUrl() + " does not answer";
  }

  private static boolean refused(KubernetesClientException e) {
    return e.getCode() == HttpURLConnection.HTTP_FORBIDDEN
        || e.getCode() == HttpURLConnection.HTTP_UNAUTHORIZED;
  }

  /** Shows a status; how the job ended, when it has. */
  Optional<JobEnd> look(EditJobStatus status) {
    Optional<JobEnd> end = ended(status);
    if (end.isEmpty() && status != null) {
      bars(status);
    }
    return end;
  }

  private Optional<JobEnd> ended(EditJobStatus status) {
    Condition failed = condition(status, ConditionType.Failed);
    if (failed != null) {
      boolean gate = failed.reason().equals(Reason.GateMissed.name());
      String state = gate ? JobEnd.REJECTED : JobEnd.FAILED;
      return Optional.of(new JobEnd(job, namespace, state, status.version(), failed.message()));
    }
    Condition complete = condition(status, ConditionType.Complete);
    return complete == null
        ? Optional.empty()
        : Optional.of(
            new JobEnd(job, namespace, complete.reason(), status.version(), complete.message()));
  }

  private void bars(EditJobStatus status) {
    String now = status.stage() + "/" + status.rebases();
    if (status.stage() != null && !now.equals(part)) {
      part = now;
      shown.stage(status.stage(), status.stage().name().toLowerCase(Locale.ROOT), "items");
    }
    var progress = status.progress();
    if (progress != null && progress.done() != null && progress.total() != null) {
      shown.advance(progress.done(), progress.total());
    }
    if (status.conditions() != null) {
      status.conditions().stream()
          .filter(c -> c.type().equals(ConditionType.WorkersReady.name()))
          .findFirst()
          .ifPresent(ready -> say(ready.message()));
    }
  }

  private void say(String text) {
    if (!Objects.equals(text, said)) {
      said = text;
      shown.note(text);
    }
  }

  private static Condition condition(EditJobStatus status, ConditionType type) {
    return status == null || status.conditions() == null
        ? null
        : status.conditions().stream()
            .filter(c -> c.type().equals(type.name()) && c.status() == Condition.Status.True)
            .findFirst()
            .orElse(null);
  }
}
