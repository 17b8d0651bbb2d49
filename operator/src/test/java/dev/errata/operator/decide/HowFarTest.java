package dev.errata.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.resource.Condition;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.Progress;
import dev.errata.api.resource.Reason;
import dev.errata.api.resource.Stage;
import dev.errata.operator.Fixtures;
import dev.errata.operator.decide.ChildView.State;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a status says of the progress of workers, by what is heard of them. */
class HowFarTest {
  private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
  private static final String AWAY =
      " Their progress is unknown: Kafka does not answer the operator";
  private static final String SILENT =
      " Their progress is unknown: the operator hears nothing of them over Kafka";
  private static final String PODS = "; status.progress counts the pods that are done.";
  private static final Progress BEFORE = new Progress(9L, 50L, "18%", 2.0, 20L, ago(70).toString());
  private static final Progress ONE_POD = new Progress(1L, 4L, "25%", null, null, NOW.toString());

  private static Instant ago(int seconds) {
    return NOW.minusSeconds(seconds);
  }

  private static Line up(int seconds) {
    return new Line(true, ago(seconds));
  }

  private static Line down(int seconds) {
    return new Line(false, ago(seconds));
  }

  private static Observation.Heard heard(int secondsAgo) {
    return new Observation.Heard(Stage.Values, 0, told(secondsAgo));
  }

  private static Progress told(int secondsAgo) {
    return new Progress(20L, 50L, "40%", 2.0, 15L, ago(secondsAgo).toString());
  }

  private static Observation seen(Line line, int age, int shards, Observation.Heard heard) {
    PodView pod = new PodView("p-0", ago(age), true, "Running", null, null, null, null, null);
    ChildView child =
        new ChildView(
            "c-Values",
            Stage.Values,
            0,
            Fingerprint.of(Fixtures.editJob().getSpec()),
            State.Active,
            false,
            shards,
            1,
            0,
            null,
            null,
            List.of(pod));
    ModelView model = new ModelView("world", true, null, "v1", "v1", false);
    return new Observation(model, null, null, List.of(child), heard, line);
  }

  static Stream<Arguments> cases() {
    return Stream.of(
        Arguments.of("nothing could carry it", null, 3600, 1, null, BEFORE, ""),
        Arguments.of("nothing could carry it, shards", null, 3600, 4, null, ONE_POD, ""),
        Arguments.of("told", up(3600), 3600, 1, heard(5), told(5), ""),
        Arguments.of("told, shards", up(3600), 3600, 4, heard(5), told(5), ""),
        Arguments.of("just begun", up(3600), 10, 1, null, BEFORE, ""),
        Arguments.of("the line is just back", up(10), 3600, 1, heard(300), told(300), ""),
        Arguments.of("the operator has just begun", down(10), 3600, 1, null, BEFORE, ""),
        Arguments.of("away for a moment", down(15), 3600, 1, heard(20), told(20), ""),
        Arguments.of("away", down(16), 3600, 1, heard(20), null, AWAY + "."),
        Arguments.of("away, shards", down(16), 3600, 4, heard(20), ONE_POD, AWAY + PODS),
        Arguments.of("away from the beginning", down(16), 1, 1, null, null, AWAY + "."),
        Arguments.of("not told", up(61), 61, 1, null, null, SILENT + "."),
        Arguments.of("not told any more", up(3600), 3600, 1, heard(61), null, SILENT + "."),
        Arguments.of("not told, shards", up(61), 61, 4, null, ONE_POD, SILENT + PODS));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void says(
      String name,
      Line line,
      int age,
      int shards,
      Observation.Heard heard,
      Progress progress,
      String unknown) {
    Observation seen = seen(line, age, shards, heard);
    ChildView child = seen.children().get(0);
    assertThat(HowFar.of(seen, child, 0, BEFORE, NOW)).isEqualTo(new HowFar(progress, unknown));
  }

  @Test
  void whatWasToldOfAnotherAttemptSaysNothing() {
    Observation seen = seen(up(3600), 10, 1, heard(5));
    assertThat(HowFar.of(seen, seen.children().get(0), 1, null, NOW).progress()).isNull();
  }

  @Test
  void theStatusSaysSoAndIsWrittenOnceAndLookedAtAgain() {
    var job = Fixtures.editJob();
    job.setStatus(
        new EditJobStatus(
            1L,
            Stage.Values,
            BEFORE,
            "v1",
            null,
            null,
            null,
            ago(600).toString(),
            null,
            null,
            null,
            null,
            null));
    Observation seen = seen(down(16), 600, 1, heard(20));
    Decision decision = EditJobDecider.decide(job, seen, NOW);
    assertThat(decision.status().progress()).isNull();
    assertThat(message(decision.status())).isEqualTo(Reason.Running.meaning() + AWAY + ".");
    assertThat(decision.again()).isNotNull();
    assertThat(Coalescing.of(job.getStatus(), decision.status(), NOW).write()).isTrue();

    job.setStatus(decision.status());
    Instant later = NOW.plusSeconds(15);
    Decision next = EditJobDecider.decide(job, seen, later);
    assertThat(Coalescing.of(job.getStatus(), next.status(), later).write()).isFalse();

    Observation back = seen(up(1), 600, 1, heard(1));
    assertThat(message(EditJobDecider.decide(job, back, NOW).status()))
        .isEqualTo(Reason.Running.meaning());
  }

  private static String message(EditJobStatus status) {
    return status.conditions().stream()
        .filter(condition -> condition.type().equals("WorkersReady"))
        .map(Condition::message)
        .findFirst()
        .orElseThrow();
  }
}
