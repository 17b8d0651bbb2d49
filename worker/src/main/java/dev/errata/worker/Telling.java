package dev.errata.worker;

import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.api.WorkerReport;
import dev.errata.api.event.JobRef;
import dev.errata.api.event.KafkaAccess;
import dev.errata.api.resource.Stage;
import dev.errata.tracing.Tracing;
import dev.errata.tracing.WorkSpans;
import dev.errata.worker.meters.WorkerMeters;
import dev.errata.worker.progress.Both;
import dev.errata.worker.progress.JobEvents;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Who hears of a job: the terminal; what measures, Kafka and a collector of traces when there are
 * such.
 */
final class Telling implements AutoCloseable {
  private final Progress terminal;

  /** Null without Kafka. */
  private final JobEvents events;

  /** Null when nobody measures. */
  private final WorkerMeters meters;

  /** Null without a collector. */
  private final Tracing tracing;

  /** Null without a collector. */
  private final WorkSpans spans;

  private Telling(
      Progress terminal, WorkerMeters meters, JobEvents events, Tracing tracing, WorkSpans spans) {
    this.terminal = terminal;
    this.meters = meters;
    this.events = events;
    this.tracing = tracing;
    this.spans = spans;
    if (meters != null && events != null) {
      meters.events(events::sent, events::dropped);
    }
  }

  /**
   * Begins.
   *
   * @param access Kafka, or null
   * @param meters what measures, or null
   * @param environment whose {@code OTEL_*} names the collector
   */
  static Telling of(
      KafkaAccess access,
      JobRef job,
      JobEvents.Place place,
      Progress terminal,
      WorkerMeters meters,
      Map<String, String> environment) {
    JobEvents events = access == null ? null : JobEvents.open(access, job, place);
    Tracing tracing = null;
    try {
      tracing = Tracing.of(environment, "errata-worker").orElse(null);
    } catch (InputException e) {
      // An edit does not fail for want of its trace.
      terminal.note(e.getMessage());
    }
    WorkSpans spans =
        tracing == null
            ? null
            : new WorkSpans(tracing, environment, job, name(place), attributes(place));
    return new Telling(terminal, meters, events, tracing, spans);
  }

  private static String name(JobEvents.Place place) {
    return place.stage() == null ? "errata run" : place.stage() + " worker " + place.index();
  }

  private static Map<String, String> attributes(JobEvents.Place place) {
    Map<String, String> attributes = new HashMap<>();
    Stage stage = place.stage();
    if (stage != null) {
      attributes.put("errata.stage", stage.name());
      attributes.put("errata.attempt", String.valueOf(place.attempt()));
      attributes.put("errata.shard", String.valueOf(place.index()));
    }
    return attributes;
  }

  /** Does work that is told of. */
  <T> T of(Function<Progress, T> work) {
    try {
      T done = work.apply(progress());
      if (spans != null) {
        spans.done();
      }
      return done;
    } catch (RuntimeException | Error e) {
      if (spans != null) {
        spans.failed(e);
      }
      throw e;
    }
  }

  private Progress progress() {
    Progress all = meters == null ? terminal : new Both(terminal, meters);
    if (events != null) {
      all = new Both(all, events);
    }
    return spans == null ? all : new Both(all, spans);
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
    if (spans != null) {
      spans.close();
      tracing.close();
      tracing.lost().ifPresent(terminal::note);
    }
  }
}
