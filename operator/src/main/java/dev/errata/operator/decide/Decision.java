package dev.errata.operator.decide;

import dev.errata.api.WorkerReport;
import dev.errata.api.resource.EditJobStatus;
import java.time.Duration;
import java.util.List;

/**
 * What is to be done about a job. Every part is idempotent, so that an operator that is killed
 * between two of them decides the same again.
 *
 * @param status what its status is to be
 * @param start the stage to start; or null
 * @param suspend child Jobs to be suspended
 * @param resume child Jobs to go on
 * @param remove child Jobs to be deleted
 * @param publication the version to be made known; or null
 * @param notes Events to be told
 * @param again when to decide again even if nothing happens; or null
 * @param delete whether the job itself is to be deleted
 */
public record Decision(
    EditJobStatus status,
    StageOrder start,
    List<String> suspend,
    List<String> resume,
    List<String> remove,
    WorkerReport publication,
    List<Note> notes,
    Duration again,
    boolean delete) {
  public Decision {
    suspend = List.copyOf(suspend);
    resume = List.copyOf(resume);
    remove = List.copyOf(remove);
    notes = List.copyOf(notes);
  }

  /** Nothing, but to look again after a while. */
  static Decision rest(EditJobStatus status, Duration again) {
    return new Decision(
        status, null, List.of(), List.of(), List.of(), null, List.of(), again, false);
  }

  /** The job is to be deleted. */
  static Decision delete(EditJobStatus status) {
    return new Decision(status, null, List.of(), List.of(), List.of(), null, List.of(), null, true);
  }
}
