package dev.errata.operator.meters;

import dev.errata.api.EditJob;
import dev.errata.api.meter.Meters;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.Stage;
import dev.errata.meters.Registration;
import dev.errata.operator.decide.JobState;
import dev.errata.operator.decide.Times;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Counts what happens to EditJobs, each thing once: it compares a job's status with the one it saw
 * before. What happened before this operator first saw a job was counted by another one.
 */
final class JobLives {
  private static final List<Duration> WAITS = seconds(1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400);
  private static final List<Duration> WORK =
      seconds(1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 43_200);

  private static final class Life {
    private Stage stage;
    private Instant since;
    private boolean begun;
    private int failures;
    private int rebases;
  }

  private final Registration meters;
  private final Clock clock;
  private final Map<String, Life> lives = new HashMap<>();

  JobLives(Registration meters, Clock clock) {
    this.meters = meters;
    this.clock = clock;
    declare();
  }

  private static List<Duration> seconds(long... seconds) {
    return Arrays.stream(seconds).mapToObj(Duration::ofSeconds).toList();
  }

  /** Whatever has not happened yet is scraped as 0, so that its first time is a rise. */
  private void declare() {
    meters.timer(Meters.QUEUE_WAIT, WAITS);
    meters.counter(Meters.SHARD_FAILURES);
    meters.counter(Meters.REBASES);
    Stream.of(Stage.Statistics, Stage.Values, Stage.Update, Stage.Evaluate, Stage.Publish)
        .forEach(stage -> meters.timer(Meters.STAGE_DURATION, WORK, stage.name()));
    Stream.of("verified", "failed", "noop").forEach(o -> meters.counter(Meters.FACTS, o));
    for (JobState end : List.of(JobState.Complete, JobState.Failed)) {
      meters.timer(Meters.JOB_DURATION, WORK, end.name());
    }
    Stream.of("Published", "Unchanged")
        .forEach(reason -> meters.counter(Meters.FINISHED, "Complete", reason));
    Stream.of("GateMissed", "BadInput", "BackoffLimitExceeded", "DeadlineExceeded", "Conflict")
        .forEach(reason -> meters.counter(Meters.FINISHED, "Failed", reason));
  }

  /** Looks at a job as it stands. */
  synchronized void seen(EditJob job) {
    String uid = job.getMetadata().getUid();
    JobState state = JobState.of(job).state();
    EditJobStatus status = job.getStatus();
    Life life = lives.get(uid);
    if (life == null) {
      if (!state.ended()) {
        lives.put(uid, begin(status));
      }
      return;
    }
    if (status == null) {
      return;
    }
    if (!life.begun && status.startTime() != null) {
      life.begun = true;
      Instant created = Times.parse(job.getMetadata().getCreationTimestamp());
      record(Meters.QUEUE_WAIT, WAITS, created, Times.parse(status.startTime()));
    }
    stage(life, state.ended() ? null : status.stage());
    int failures = number(status.failures());
    meters.counter(Meters.SHARD_FAILURES).increment(Math.max(0, failures - life.failures));
    life.failures = Math.max(life.failures, failures);
    int rebases = number(status.rebases());
    meters.counter(Meters.REBASES).increment(Math.max(0, rebases - life.rebases));
    life.rebases = Math.max(life.rebases, rebases);
    if (state.ended()) {
      ended(job, state);
      lives.remove(uid);
    }
  }

  /** What has run before this operator looked has a beginning that it does not know. */
  private static Life begin(EditJobStatus status) {
    Life life = new Life();
    if (status != null) {
      life.stage = status.stage();
      life.begun = status.startTime() != null;
      life.failures = number(status.failures());
      life.rebases = number(status.rebases());
    }
    return life;
  }

  private void stage(Life life, Stage now) {
    if (now == life.stage) {
      return;
    }
    Instant time = clock.instant();
    if (life.stage != null && life.since != null) {
      record(Meters.STAGE_DURATION, WORK, life.since, time, life.stage.name());
    }
    life.stage = now;
    life.since = time;
  }

  private void ended(EditJob job, JobState state) {
    EditJobStatus status = job.getStatus();
    String reason =
        JobState.condition(job, ConditionType.valueOf(state.name()))
            .map(Condition::reason)
            .orElse("");
    meters.counter(Meters.FINISHED, state.name(), reason).increment();
    if (status.startTime() != null && status.completionTime() != null) {
      record(
          Meters.JOB_DURATION,
          WORK,
          Times.parse(status.startTime()),
          Times.parse(status.completionTime()),
          state.name());
    }
    FactCounts facts = status.facts();
    if (facts != null) {
      meters.counter(Meters.FACTS, "verified").increment(number(facts.verified()));
      meters.counter(Meters.FACTS, "failed").increment(number(facts.failed()));
      meters.counter(Meters.FACTS, "noop").increment(number(facts.noop()));
    }
  }

  private void record(
      Meters meter, List<Duration> bounds, Instant from, Instant to, String... labels) {
    Duration took = Duration.between(from, to);
    meters.timer(meter, bounds, labels).record(took.isNegative() ? Duration.ZERO : took);
  }

  private static int number(Integer value) {
    return value == null ? 0 : value;
  }

  /** A job that is gone has no more to tell. */
  synchronized void gone(EditJob job) {
    lives.remove(job.getMetadata().getUid());
  }
}
