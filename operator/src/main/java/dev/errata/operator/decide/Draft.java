package dev.errata.operator.decide;

import dev.errata.api.WorkerReport;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.Progress;
import dev.errata.api.resource.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A decision while it is being made: the status so far, changed step by step. */
final class Draft {
  final Conditions conditions;
  final Instant now;
  final Long generation;
  Stage stage;
  Progress progress;
  String from;
  String version;
  String digest;
  FactCounts facts;
  String startTime;
  String completionTime;
  long activeSeconds;
  int rebases;
  int failures;
  StageOrder start;
  WorkerReport publication;
  Duration again;
  final List<String> suspend = new ArrayList<>();
  final List<String> resume = new ArrayList<>();
  final List<String> remove = new ArrayList<>();
  final List<Note> notes = new ArrayList<>();

  Draft(EditJobStatus old, Long generation, Instant now) {
    this.generation = generation;
    this.now = now;
    this.conditions = new Conditions(old == null ? null : old.conditions(), generation, now);
    if (old != null) {
      stage = old.stage();
      progress = old.progress();
      from = old.from();
      version = old.version();
      digest = old.digest();
      facts = old.facts();
      startTime = old.startTime();
      completionTime = old.completionTime();
      activeSeconds = old.activeSeconds() == null ? 0 : old.activeSeconds();
      rebases = old.rebases() == null ? 0 : old.rebases();
      failures = old.failures() == null ? 0 : old.failures();
    }
  }

  /** Looks again after a while, or earlier when that was asked for before. */
  void again(Duration after) {
    again = again == null || after.compareTo(again) < 0 ? after : again;
  }

  EditJobStatus status() {
    return new EditJobStatus(
        generation,
        stage,
        progress,
        from,
        version,
        digest,
        facts,
        startTime,
        completionTime,
        activeSeconds == 0 ? null : activeSeconds,
        rebases == 0 ? null : rebases,
        failures == 0 ? null : failures,
        conditions.list());
  }

  Decision decision() {
    return new Decision(status(), start, suspend, resume, remove, publication, notes, again, false);
  }
}
