package dev.errata.operator.progress;

import dev.errata.api.event.JobRef;
import dev.errata.api.event.ProgressEvent;
import dev.errata.api.resource.Progress;
import dev.errata.api.resource.Stage;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The latest of every worker that tells. Whatever comes late, twice, or of an attempt that is over
 * changes nothing.
 */
public final class Board {
  private static final int MOST_JOBS = 10_000;
  private static final Duration WINDOW = Duration.ofMinutes(1);
  private static final Duration STEP = Duration.ofSeconds(1);
  private static final double MILLIS = 1000;

  private final Map<String, Job> jobs = new LinkedHashMap<>(16, 0.75f, true);
  private final Set<JobRef> news = new HashSet<>();
  private long dropped;

  /** How far a part of a stage was at a time. */
  private record Sample(Instant time, long done) {}

  private static final class Job {
    private final Map<Integer, ProgressEvent> latest = new TreeMap<>();
    private final Deque<Sample> samples = new ArrayDeque<>();
    private String sampled = "";
    private Instant heard;
  }

  /**
   * Takes an event in.
   *
   * @param now when it was heard
   * @return whether it says something new
   */
  public synchronized boolean accept(ProgressEvent event, Instant now) {
    Job job = jobs.computeIfAbsent(event.uid(), uid -> new Job());
    ProgressEvent known = job.latest.get(event.index());
    if (event.staleBehind(known)) {
      return false;
    }
    job.latest.put(event.index(), event);
    // A worker counts from its own beginning.
    boolean same =
        known != null && known.attempt() == event.attempt() && known.stage() == event.stage();
    dropped += Math.max(0, event.dropped() - (same ? known.dropped() : 0));
    job.heard = now;
    sample(job, event, now);
    news.add(new JobRef(event.namespace(), event.editJob(), event.uid(), event.model()));
    if (jobs.size() > MOST_JOBS) {
      jobs.remove(jobs.keySet().iterator().next());
    }
    return true;
  }

  private static void sample(Job job, ProgressEvent event, Instant now) {
    String part = event.attempt() + "/" + event.stage() + "/" + event.title();
    if (!part.equals(job.sampled)) {
      job.samples.clear();
      job.sampled = part;
    }
    Sample last = job.samples.peekLast();
    if (last != null && Duration.between(last.time(), now).compareTo(STEP) < 0) {
      return;
    }
    long done = alike(job, event).stream().mapToLong(ProgressEvent::done).sum();
    job.samples.addLast(new Sample(now, done));
    while (Duration.between(job.samples.getFirst().time(), now).compareTo(WINDOW) > 0
        && job.samples.size() > 2) {
      job.samples.removeFirst();
    }
  }

  /** The latest of all workers at the same part of the same stage. */
  private static Collection<ProgressEvent> alike(Job job, ProgressEvent event) {
    return job.latest.values().stream()
        .filter(e -> e.attempt() == event.attempt())
        .filter(e -> e.stage() == event.stage() && e.title().equals(event.title()))
        .toList();
  }

  /**
   * How far a stage of a job is, over all its workers; empty when nothing is known.
   *
   * @param attempt how often the job has been rebased
   */
  public synchronized Optional<Progress> progress(String uid, Stage stage, int attempt) {
    Job job = jobs.get(uid);
    if (job == null) {
      return Optional.empty();
    }
    Optional<ProgressEvent> newest =
        job.latest.values().stream()
            .filter(e -> e.stage() == stage && e.attempt() == attempt)
            .max((one, other) -> Long.compare(one.sequence(), other.sequence()));
    return newest.map(event -> summary(job, event));
  }

  private static Progress summary(Job job, ProgressEvent newest) {
    long done = 0;
    long total = 0;
    for (ProgressEvent event : alike(job, newest)) {
      done += event.done();
      total += event.total();
    }
    Double rate = rate(job, done);
    Long left = rate == null || total < done ? null : (long) Math.ceil((total - done) / rate);
    return new Progress(
        done,
        total == 0 ? null : total,
        total == 0 ? null : String.format(Locale.ROOT, "%d%%", 100 * done / total),
        rate,
        total == 0 ? null : left,
        job.heard.truncatedTo(ChronoUnit.SECONDS).toString());
  }

  /** Items a second over the last minute; null when too little is known. */
  private static Double rate(Job job, long done) {
    Sample first = job.samples.peekFirst();
    double seconds = Duration.between(first.time(), job.heard).toMillis() / MILLIS;
    double rate = seconds < 1 ? 0 : (done - first.done()) / seconds;
    return rate <= 0 ? null : Math.round(rate * 100) / 100.0;
  }

  /** The jobs of which something new was heard since this was asked last. */
  public synchronized Set<JobRef> news() {
    Set<JobRef> all = Set.copyOf(news);
    news.clear();
    return all;
  }

  /** Events that workers say they could not send. */
  public synchronized long dropped() {
    return dropped;
  }
}
