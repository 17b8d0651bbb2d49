package dev.errata.worker.progress;

import dev.errata.api.Progress;
import dev.errata.api.WorkerReport;
import dev.errata.api.event.Events;
import dev.errata.api.event.JobRef;
import dev.errata.api.event.KafkaAccess;
import dev.errata.api.event.ProgressEvent;
import dev.errata.api.event.Topics;
import dev.errata.api.event.VersionEvent;
import dev.errata.api.resource.Stage;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * Tells how far a job is: the beginning and the end of each part of a stage, and what lies between
 * at most four times a second. Who is no further says so every ten seconds, so that silence means
 * that nothing is left that could tell.
 */
public final class JobEvents implements Progress, AutoCloseable {
  /** How long a worker says nothing at most. */
  public static final Duration BEAT = Duration.ofSeconds(10);

  private static final Duration PAUSE = Duration.ofMillis(250);

  /**
   * The worker that tells.
   *
   * @param stage the stage that it computes; null on a laptop, which goes through all
   * @param attempt how often the job had been rebased
   * @param index its number among those that share the stage
   * @param shards how many share it
   */
  public record Place(Stage stage, int attempt, int index, int shards) {
    /** A laptop. */
    public static final Place LAPTOP = new Place(null, 0, 0, 1);
  }

  private final JobRef job;
  private final Place place;
  private final Clock clock;
  private final EventSender sender;
  private long sequence;
  private Stage stage;
  private String title;
  private String unit;
  private long done;
  private long total;
  private boolean held;
  private Instant told = Instant.EPOCH;

  /** Begins to tell by a clock. */
  JobEvents(KafkaAccess access, JobRef job, Place place, Clock clock) {
    this.job = job;
    this.place = place;
    this.clock = clock;
    this.sequence = ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
    this.sender = new EventSender(access, this::beat);
  }

  /** Begins to tell; the caller closes it. */
  public static JobEvents open(KafkaAccess access, JobRef job, Place place) {
    return new JobEvents(access, job, place, Clock.systemUTC());
  }

  @Override
  public synchronized void stage(String name, String counted) {
    stage(stage == null ? Stage.Statistics : stage, name, counted);
  }

  @Override
  public synchronized void stage(Stage of, String name, String counted) {
    tellHeld();
    stage = of;
    title = name;
    unit = counted;
    done = 0;
    total = 0;
    tell();
  }

  @Override
  public synchronized void advance(long now, long all) {
    if (title == null) {
      return;
    }
    done = now;
    total = all;
    held = true;
    if (Duration.between(told, clock.instant()).compareTo(PAUSE) >= 0) {
      tell();
    }
  }

  /** Tells the result of the job; nothing comes after it. */
  public synchronized void result(WorkerReport report) {
    tellHeld();
    title = null;
    sender.sendLast(
        new EventSender.Message(
            Topics.VERSIONS, job.uid(), Events.of(VersionEvent.of(job, report), clock.instant())));
  }

  private synchronized Optional<EventSender.Message> beat() {
    boolean due = Duration.between(told, clock.instant()).compareTo(BEAT) >= 0;
    return title != null && due ? Optional.of(message()) : Optional.empty();
  }

  private synchronized void tellHeld() {
    if (held) {
      tell();
    }
  }

  private void tell() {
    sender.send(message());
  }

  private EventSender.Message message() {
    told = clock.instant();
    held = false;
    ProgressEvent event =
        new ProgressEvent(
            job.namespace(),
            job.name(),
            job.uid(),
            job.model(),
            place.stage() == null ? stage : place.stage(),
            title,
            unit,
            place.attempt(),
            place.index(),
            place.shards(),
            sequence++,
            done,
            total,
            sender.dropped());
    return new EventSender.Message(Topics.PROGRESS, job.uid(), Events.of(event, told));
  }

  @Override
  public void close() {
    tellHeld();
    sender.close();
  }

  /** Events that a broker has acknowledged. */
  public long sent() {
    return sender.arrived();
  }

  /** Events that are known not to have arrived. */
  public long dropped() {
    return sender.dropped();
  }

  /** After the end: how much has not arrived and why; empty when all has. */
  public Optional<String> loss() {
    long dropped = sender.dropped();
    if (dropped == 0) {
      return Optional.empty();
    }
    Exception why = sender.trouble();
    return Optional.of(
        dropped
            + " of "
            + (dropped + sender.arrived())
            + " events did not reach Kafka"
            + (why == null ? "" : ": " + why.getMessage()));
  }
}
