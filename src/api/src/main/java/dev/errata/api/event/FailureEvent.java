package dev.errata.api.event;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.Objects;

/**
 * A job of a cluster has ended without a version. The operator tells it, for workers may die before
 * they can. It informs; whether a job has failed is for its status to say.
 *
 * @param namespace of the EditJob
 * @param editJob its name
 * @param uid its UID
 * @param model name of its Model
 * @param reason that of the condition {@code Failed}, or {@link #DELETED}
 * @param message one sentence for a person
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record FailureEvent(
    String namespace, String editJob, String uid, String model, String reason, String message)
    implements Outcome {
  /** Reason of a job that was deleted before its end. */
  public static final String DELETED = "Deleted";

  /** Refuses what no operator sends. */
  public FailureEvent {
    Objects.requireNonNull(namespace, "namespace is missing");
    Objects.requireNonNull(editJob, "editJob is missing");
    Objects.requireNonNull(uid, "uid is missing");
    Objects.requireNonNull(model, "model is missing");
    Objects.requireNonNull(reason, "reason is missing");
    Objects.requireNonNull(message, "message is missing");
  }
}
