package dev.errata.operator.decide;

import dev.errata.api.Model;
import dev.errata.api.WorkerReport;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.ModelStatus;
import dev.errata.api.resource.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Decides what is to be done about a Model: its base is imported, its pointer moved. */
public final class ModelDecider {
  private static final int PATIENCE_SECONDS = 20;
  private static final Duration SOON = Duration.ofSeconds(1);

  private final Model model;
  private final Map<String, ChildView> children;
  private final Instant now;
  private final Conditions conditions;
  private final List<Note> notes = new ArrayList<>();
  private final List<String> remove = new ArrayList<>();
  private String family;
  private Long parameters;
  private ModelTask start;
  private WorkerReport publication;
  private Duration again;

  private ModelDecider(Model model, Map<String, ChildView> children, Instant now) {
    this.model = model;
    this.children = children;
    this.now = now;
    ModelStatus status = model.getStatus();
    this.conditions =
        new Conditions(
            status == null ? null : status.conditions(), model.getMetadata().getGeneration(), now);
    this.family = status == null ? null : status.family();
    this.parameters = status == null ? null : status.parameters();
  }

  /**
   * Decides.
   *
   * @param model the Model with its status so far
   * @param children its child Jobs by the name of their {@link ModelTask}
   * @param now the time
   */
  public static ModelDecision decide(Model model, Map<String, ChildView> children, Instant now) {
    return new ModelDecider(model, children, now).decide();
  }

  private ModelDecision decide() {
    if (conditions.holds(ConditionType.Ready)) {
      promote();
    } else {
      importBase();
    }
    ModelStatus status =
        new ModelStatus(
            model.getMetadata().getGeneration(),
            family,
            parameters,
            null,
            null,
            null,
            conditions.list());
    return new ModelDecision(status, start, publication, remove, notes, again);
  }

  private void importBase() {
    ChildView child = children.get(ModelTask.IMPORT.name());
    if (child == null) {
      start = ModelTask.IMPORT;
      conditions.set(ConditionType.Ready, false, Reason.Importing, Reason.Importing.meaning());
      notes.add(new Note(false, Reason.Importing, "", Reason.Importing.meaning()));
      return;
    }
    task(child, ConditionType.Ready, null)
        .ifPresent(
            report -> {
              family = report.family();
              parameters = report.parameters();
              publication = report;
              conditions.set(ConditionType.Ready, true, Reason.Imported, Reason.Imported.meaning());
              notes.add(new Note(false, Reason.Imported, "", Reason.Imported.meaning()));
            });
  }

  private void promote() {
    String wanted = model.getSpec().current();
    if (wanted == null) {
      conditions.forget(ConditionType.Promoted);
      return;
    }
    String message = "Serving reads " + wanted + ".";
    if (model.getStatus() != null && wanted.equals(model.getStatus().current())) {
      conditions.set(ConditionType.Promoted, true, Reason.Promoted, message);
      return;
    }
    ModelTask task = ModelTask.promote(wanted, model.getMetadata().getGeneration());
    ChildView child = children.get(task.name());
    if (child == null) {
      start = task;
      conditions.set(ConditionType.Promoted, false, Reason.Promoting, Reason.Promoting.meaning());
      return;
    }
    task(child, ConditionType.Promoted, Reason.PromotionFailed)
        .ifPresent(
            report -> {
              publication = report;
              conditions.set(ConditionType.Promoted, true, Reason.Promoted, message);
              notes.add(
                  new Note(
                      false,
                      Reason.Promoted,
                      String.valueOf(model.getMetadata().getGeneration()),
                      message));
            });
  }

  /** What a task has told when it is done; until then why it is not is said in a condition. */
  private Optional<WorkerReport> task(ChildView child, ConditionType about, Reason onFailure) {
    switch (child.state()) {
      case Active -> {
        PodTrouble.of(child.pods())
            .filter(trouble -> !conditions.says(about, trouble.reason()))
            .ifPresent(
                trouble -> {
                  conditions.set(about, false, trouble.reason(), trouble.message());
                  notes.add(new Note(true, trouble.reason(), child.name(), trouble.message()));
                });
        return Optional.empty();
      }
      case Failed -> {
        failed(child, about, onFailure);
        return Optional.empty();
      }
      case Complete -> {
        Optional<WorkerReport> report = child.report();
        if (report.isEmpty()) {
          if (!recent(child)) {
            remove.add(child.name());
          }
          again = SOON;
        }
        return report;
      }
    }
    throw new IllegalStateException(child.toString());
  }

  private void failed(ChildView child, ConditionType about, Reason onFailure) {
    Optional<PodView> pod = child.failedPod();
    if (pod.isEmpty() && recent(child)) {
      again = SOON;
      return;
    }
    boolean input = pod.map(p -> p.exitCode() == WorkerExit.INPUT).orElse(false);
    Reason reason =
        onFailure != null ? onFailure : input ? Reason.BadInput : Reason.BackoffLimitExceeded;
    String message = pod.map(PodTrouble::ended).orElse(child.failure());
    if (!conditions.says(about, reason)) {
      notes.add(new Note(true, reason, child.name(), message));
    }
    conditions.set(about, false, reason, message);
  }

  private boolean recent(ChildView child) {
    return child.ended() != null
        && ChronoUnit.SECONDS.between(child.ended(), now) < PATIENCE_SECONDS;
  }
}
