package dev.errata.operator.assembly;

import dev.errata.api.EditJob;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.Reason;
import dev.errata.operator.decide.Conditions;
import dev.errata.operator.decide.Note;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;

/**
 * The API server does not take what the operator makes: a quota, a policy, a right that is missing.
 * A person can mend that, so it is said on the job and tried again.
 *
 * @param message what the API server says
 */
record Refusal(String message) {
  /** When it is tried again. */
  static final Duration AGAIN = Duration.ofSeconds(30);

  private static final int UNPROCESSABLE = 422;

  /**
   * Reads a refusal off an error.
   *
   * @throws KubernetesClientException the error, when it is none
   */
  static Refusal of(KubernetesClientException error) {
    int code = error.getCode();
    String words = error.getStatus() == null ? error.getMessage() : error.getStatus().getMessage();
    // Such as Kueue's while it is away, which all Jobs have to pass then.
    boolean webhook =
        code == HttpURLConnection.HTTP_INTERNAL_ERROR
            && words != null
            && words.contains("failed calling webhook");
    if (code != HttpURLConnection.HTTP_FORBIDDEN && code != UNPROCESSABLE && !webhook) {
      throw error;
    }
    return new Refusal(Reason.Refused.meaning() + " It says: " + words);
  }

  Note note() {
    return new Note(true, Reason.Refused, message, message);
  }

  /** The status of a job whose stage could not begin. */
  EditJobStatus on(EditJob job, EditJobStatus wanted, Instant now) {
    EditJobStatus old = job.getStatus();
    Conditions conditions =
        new Conditions(wanted.conditions(), job.getMetadata().getGeneration(), now)
            .set(ConditionType.WorkersReady, false, Reason.Refused, message);
    return new EditJobStatus(
        wanted.observedGeneration(),
        old == null ? null : old.stage(),
        wanted.progress(),
        wanted.from(),
        wanted.version(),
        wanted.digest(),
        wanted.facts(),
        old == null ? null : old.startTime(),
        wanted.completionTime(),
        wanted.activeSeconds(),
        old == null ? null : old.rebases(),
        wanted.failures(),
        conditions.list());
  }
}
