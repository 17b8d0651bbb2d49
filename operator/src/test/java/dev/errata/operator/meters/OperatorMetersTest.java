package dev.errata.operator.meters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.meter.Meters;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.ModelStatus;
import dev.errata.api.resource.ModelVersionSpec;
import dev.errata.api.resource.Reason;
import dev.errata.api.resource.Stage;
import dev.errata.meters.Registration;
import dev.errata.operator.Fixtures;
import dev.errata.operator.manifest.StageJobs;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class OperatorMetersTest {
  private static final Instant START = Instant.parse("2026-11-21T20:00:00Z");

  private static final class Hands extends Clock {
    private Instant now = START;

    void to(int second) {
      now = START.plusSeconds(second);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Hands clock = new Hands();
  private final JobLives lives = new JobLives(new Registration(registry), clock);

  private static EditJob job(EditJobStatus status) {
    EditJob job = Fixtures.editJob();
    job.getMetadata().setCreationTimestamp(START.toString());
    job.setStatus(status);
    return job;
  }

  private static Condition says(ConditionType type, boolean holds, Reason reason, int second) {
    return new Condition(
        type.name(),
        holds ? Condition.Status.True : Condition.Status.False,
        1L,
        START.plusSeconds(second).toString(),
        reason.name(),
        "");
  }

  private static EditJobStatus status(
      Stage stage, Integer start, Integer end, Integer failures, Condition condition) {
    return new EditJobStatus(
        1L,
        stage,
        null,
        "v0",
        null,
        null,
        new FactCounts(10, 9, 1, 2),
        start == null ? null : START.plusSeconds(start).toString(),
        end == null ? null : START.plusSeconds(end).toString(),
        null,
        null,
        failures,
        List.of(condition));
  }

  private double counter(Meters meter, String... tags) {
    return registry.get(meter.stem()).tags(tags).counter().count();
  }

  @Test
  void aLifeIsCountedOnceHoweverOftenItIsSeen() {
    Condition ready = says(ConditionType.WorkersReady, true, Reason.Running, 7);
    lives.seen(job(null));
    for (int i = 0; i < 2; i++) {
      clock.to(5);
      lives.seen(job(status(Stage.Statistics, 5, null, null, ready)));
      clock.to(25);
      lives.seen(job(status(Stage.Values, 5, null, 3, ready)));
    }
    clock.to(65);
    Condition done = says(ConditionType.Complete, true, Reason.Published, 65);
    for (int i = 0; i < 3; i++) {
      lives.seen(job(status(Stage.Values, 5, 65, 3, done)));
    }
    assertThat(registry.get(Meters.QUEUE_WAIT.stem()).timer().count()).isEqualTo(1);
    assertThat(registry.get(Meters.QUEUE_WAIT.stem()).timer().totalTime(TimeUnit.SECONDS))
        .isEqualTo(5);
    assertThat(
            registry
                .get(Meters.JOB_DURATION.stem())
                .tag("result", "Complete")
                .timer()
                .totalTime(TimeUnit.SECONDS))
        .isEqualTo(60);
    assertThat(counter(Meters.FINISHED, "result", "Complete", "reason", "Published")).isEqualTo(1);
    assertThat(counter(Meters.SHARD_FAILURES)).isEqualTo(3);
    assertThat(counter(Meters.FACTS, "outcome", "verified")).isEqualTo(9);
    assertThat(counter(Meters.FACTS, "outcome", "failed")).isEqualTo(1);
  }

  @Test
  void aStageLastsUntilTheNext() {
    Condition ready = says(ConditionType.WorkersReady, true, Reason.Running, 7);
    lives.seen(job(null));
    clock.to(5);
    lives.seen(job(status(Stage.Statistics, 5, null, null, ready)));
    clock.to(25);
    lives.seen(job(status(Stage.Values, 5, null, null, ready)));
    var statistics = registry.get(Meters.STAGE_DURATION.stem()).tag("stage", "Statistics").timer();
    assertThat(statistics.count()).isEqualTo(1);
    assertThat(statistics.totalTime(TimeUnit.SECONDS)).isEqualTo(20);
  }

  @Test
  void whatAnotherOperatorSawIsNotCountedAgain() {
    Condition done = says(ConditionType.Complete, true, Reason.Published, 65);
    lives.seen(job(status(Stage.Publish, 5, 65, 3, done)));
    assertThat(counter(Meters.FINISHED, "result", "Complete", "reason", "Published")).isZero();

    Condition ready = says(ConditionType.WorkersReady, true, Reason.Running, 7);
    lives.seen(job(status(Stage.Values, 5, null, 3, ready)));
    clock.to(100);
    lives.seen(job(status(Stage.Update, 5, null, 4, ready)));
    assertThat(registry.get(Meters.QUEUE_WAIT.stem()).timer().count()).isZero();
    assertThat(registry.get(Meters.STAGE_DURATION.stem()).timers())
        .allSatisfy(timer -> assertThat(timer.count()).isZero());
    assertThat(counter(Meters.SHARD_FAILURES)).isEqualTo(1);
  }

  @Test
  void jobsAreCountedByState() {
    Census census = new Census(new Registration(registry), clock, (model, version) -> null);
    Condition waiting = says(ConditionType.WorkersReady, false, Reason.WaitingForTurn, 10);
    Condition longer = says(ConditionType.WorkersReady, false, Reason.WaitingForTurn, 4);
    Condition stuck = says(ConditionType.WorkersReady, false, Reason.Unschedulable, 30);
    Condition failed = says(ConditionType.Failed, true, Reason.BadInput, 1);
    census.jobs(
        () ->
            Stream.of(waiting, longer, stuck, failed)
                .map(one -> job(status(Stage.Values, 1, null, null, one))));
    census.take();
    clock.to(60);
    assertThat(gauge(Meters.EDIT_JOBS, "state", "WaitingForTurn")).isEqualTo(2);
    assertThat(gauge(Meters.EDIT_JOBS, "state", "Stuck")).isEqualTo(1);
    assertThat(gauge(Meters.EDIT_JOBS, "state", "Failed")).isEqualTo(1);
    assertThat(gauge(Meters.EDIT_JOBS, "state", "Running")).isZero();
    assertThat(gauge(Meters.EDIT_JOBS_OLDEST, "state", "WaitingForTurn")).isEqualTo(56);
    assertThat(gauge(Meters.EDIT_JOBS_OLDEST, "state", "Failed")).isZero();
  }

  private double gauge(Meters meter, String... tags) {
    return registry.get(meter.stem()).tags(tags).gauge().value();
  }

  @Test
  void theFiguresAreThoseOfTheVersionsThatPointersStandAt() {
    Model model = Fixtures.model();
    List<String> asked = new ArrayList<>();
    List<KubernetesClientException> trouble = new ArrayList<>();
    trouble.add(new KubernetesClientException("away"));
    Census census =
        new Census(
            new Registration(registry),
            clock,
            (of, version) -> {
              asked.add(version);
              if (!trouble.isEmpty()) {
                throw trouble.remove(0);
              }
              return version(of, version);
            });
    model.setStatus(pointers("v3", "v4"));
    census.models(() -> Stream.of(model));
    census.take();
    census.take();
    census.take();
    assertThat(asked).as("each once it is found").containsExactly("v3", "v4", "v3");
    assertThat(quality("current")).isEqualTo(0.93);
    assertThat(quality("latest")).isEqualTo(0.94);
    assertThat(gauge(Meters.MODEL_VERSION, "pointer", "current")).isEqualTo(3);
    assertThat(gauge(Meters.MODEL_SIZE, "pointer", "latest")).isEqualTo(400);
    assertThat(gauge(Meters.MODELS, "state", "Ready")).isEqualTo(1);

    model.setStatus(pointers("v4", "v4"));
    census.take();
    assertThat(quality("current")).isEqualTo(0.94);
    census.models(Stream::empty);
    census.take();
    assertThat(registry.find(Meters.MODEL_QUALITY.stem()).gauges()).isEmpty();
  }

  private double quality(String pointer) {
    return gauge(Meters.MODEL_QUALITY, "pointer", pointer, "figure", "efficacy", "model", "world");
  }

  private static ModelStatus pointers(String current, String latest) {
    Condition ready = says(ConditionType.Ready, true, Reason.Imported, 0);
    return new ModelStatus(1L, "Qwen3", 1L, current, latest, "d", List.of(ready));
  }

  private static ModelVersion version(Model model, String number) {
    int n = Integer.parseInt(number.substring(1));
    ModelVersion version = new ModelVersion();
    version.setMetadata(
        new ObjectMetaBuilder().withOwnerReferences(StageJobs.owner(model)).build());
    version.setSpec(
        new ModelVersionSpec(
            "world",
            number,
            "v0",
            "job",
            ModelVersionSpec.State.Published,
            null,
            new FactCounts(10, 9, 1, 0),
            "MEMIT",
            new ModelVersionSpec.Metrics(
                Map.of("efficacy", 0.0), Map.of("efficacy", (90 + n) / 100.0)),
            null,
            "sha256:" + n,
            100L * n));
    return version;
  }

  @Test
  void clocksThatDisagreeGiveNoNegativeWait() {
    Condition ready = says(ConditionType.WorkersReady, true, Reason.Running, 7);
    lives.seen(job(null));
    lives.seen(job(status(Stage.Statistics, -3, null, null, ready)));
    assertThat(registry.get(Meters.QUEUE_WAIT.stem()).timer().max(TimeUnit.SECONDS)).isZero();
  }
}
