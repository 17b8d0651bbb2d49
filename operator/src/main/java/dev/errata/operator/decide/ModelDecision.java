package dev.errata.operator.decide;

import dev.errata.api.WorkerReport;
import dev.errata.api.resource.ModelStatus;
import java.time.Duration;
import java.util.List;

/**
 * What is to be done about a Model.
 *
 * @param status its status, without the pointer ({@code current}, {@code latest}, {@code digest})
 * @param start the task to start; or null
 * @param publication what a task has told of versions and pointer; or null
 * @param remove child Jobs to be deleted
 * @param notes Events to be told
 * @param again when to decide again even if nothing happens; or null
 */
public record ModelDecision(
    ModelStatus status,
    ModelTask start,
    WorkerReport publication,
    List<String> remove,
    List<Note> notes,
    Duration again) {
  public ModelDecision {
    remove = List.copyOf(remove);
    notes = List.copyOf(notes);
  }
}
