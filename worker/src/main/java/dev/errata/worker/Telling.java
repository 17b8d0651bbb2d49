package dev.errata.worker;

import dev.errata.api.Progress;
import dev.errata.api.WorkerReport;
import dev.errata.api.event.JobRef;
import dev.errata.api.event.KafkaAccess;
import dev.errata.worker.progress.Both;
import dev.errata.worker.progress.JobEvents;
import java.util.function.Supplier;

/** Who hears of a job: the terminal, and Kafka when there is one. */
final class Telling implements AutoCloseable {
  private final Progress terminal;

  /** Null without Kafka. */
  private final JobEvents events;

  private Telling(Progress terminal, JobEvents events) {
    this.terminal = terminal;
    this.events = events;
  }

  /**
   * Begins.
   *
   * @param access Kafka, or null
   */
  static Telling of(KafkaAccess access, JobRef job, JobEvents.Place place, Progress terminal) {
    return new Telling(terminal, access == null ? null : JobEvents.open(access, job, place));
  }

  Progress progress() {
    return events == null ? terminal : new Both(terminal, events);
  }

  /** Tells the result; it is asked for only when there is somebody to hear it. */
  void result(Supplier<WorkerReport> report) {
    if (events != null) {
      events.result(report.get());
    }
  }

  @Override
  public void close() {
    if (events != null) {
      events.close();
      events.loss().ifPresent(terminal::note);
    }
  }
}
