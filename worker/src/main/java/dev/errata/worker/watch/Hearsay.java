package dev.errata.worker.watch;

import dev.errata.api.Progress;
import dev.errata.api.event.FailureEvent;
import dev.errata.api.event.JobRef;
import dev.errata.api.event.Outcome;
import dev.errata.api.event.ProgressEvent;
import dev.errata.api.event.VersionEvent;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What is heard of one job: whether it has ended, and how. */
final class Hearsay {
  private record Told(Outcome event, Instant time) {}

  private final String namespace;
  private final String job;
  private final Progress shown;
  private final JobBars bars;
  private final Map<String, Told> ends = new HashMap<>();
  private Told last;
  private ProgressEvent latest;
  private Instant heard = Instant.MIN;
  private boolean said;

  Hearsay(String namespace, String job, Progress shown) {
    this.namespace = namespace;
    this.job = job;
    this.shown = shown;
    this.bars = new JobBars(shown);
  }

  /** UID of the job that is shown; null before anything was told. */
  String uid() {
    return bars.uid();
  }

  /** Takes in how far a worker is; whether it is one of this job. */
  boolean progress(ProgressEvent event, Instant time) {
    if (!event.namespace().equals(namespace) || !event.editJob().equals(job)) {
      return false;
    }
    bars.hear(event);
    if (event.uid().equals(bars.uid()) && time.isAfter(heard)) {
      latest = event;
      heard = time;
    }
    said = false;
    return true;
  }

  /** Takes in what came of a job; whether it is this job. */
  boolean outcome(Outcome event, Instant time) {
    if (!event.namespace().equals(namespace) || !event.editJob().equals(job)) {
      return false;
    }
    Told told = new Told(event, time);
    ends.put(event.uid(), told);
    if (!deleted(event)) {
      last = told;
    }
    return true;
  }

  /** Who watches one that was deleted means it, or one that is to come under its name. */
  private static boolean deleted(Outcome event) {
    return event instanceof FailureEvent failure && failure.reason().equals(FailureEvent.DELETED);
  }

  /**
   * How the job that is shown has ended, or the last of this name when none tells anything. A run
   * on a laptop is the same job again: the result of the run before is not that of the one that is
   * shown.
   */
  Optional<JobEnd> end() {
    Told end = bars.uid() == null ? last : ends.get(bars.uid());
    boolean before = end != null && laptop() && end.time().isBefore(heard);
    return end == null || before ? Optional.empty() : Optional.of(of(end.event()));
  }

  private JobEnd of(Outcome outcome) {
    if (outcome instanceof FailureEvent failure) {
      return new JobEnd(job, namespace, JobEnd.FAILED, null, failure.message());
    }
    VersionEvent end = (VersionEvent) outcome;
    String message =
        end.model()
            + "@"
            + end.version()
            + " is "
            + end.state()
            + (end.reason() == null ? "" : ": " + end.reason());
    return new JobEnd(job, namespace, end.state(), end.version(), message);
  }

  /**
   * Takes in that nothing has been heard for a while. A run on a laptop tells something all the
   * time, so it has come to its end. The pods of a cluster may wait for their turn or for nodes.
   */
  Optional<JobEnd> silence() {
    if (laptop()) {
      return Optional.of(
          new JobEnd(
              job,
              namespace,
              JobEnd.UNKNOWN,
              null,
              "nothing is heard of the run any more: it has failed, was stopped or has lost Kafka;"
                  + " look where it runs"));
    }
    if (!said) {
      said = true;
      shown.note(
          latest == null
              ? "nothing is heard of EditJob \"" + namespace + "/" + job + "\"; waiting for it"
              : "nothing is heard of the job's pods: they wait or have lost Kafka; its status says"
                  + " which");
    }
    return Optional.empty();
  }

  private boolean laptop() {
    return latest != null
        && JobRef.of(namespace, job, null, latest.model()).uid().equals(latest.uid());
  }
}
