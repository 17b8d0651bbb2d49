package dev.errata.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.InputException;
import dev.errata.api.event.JobRef;
import dev.errata.api.resource.Stage;
import dev.errata.collector.Collector;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TracingTest {
  private static final JobRef JOB = new JobRef("team", "mend", "0f0e-uid", "llama");
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void whatWorkersAndOperatorTellIsOneTrace() throws IOException {
    JobTrace trace = new JobTrace(JOB.uid());
    try (Collector collector = new Collector()) {
      Map<String, String> pod =
          Map.of(
              "OTEL_EXPORTER_OTLP_ENDPOINT",
              collector.endpoint(),
              "TRACEPARENT",
              trace.parent(Stage.Values, 1));
      try (Tracing worker = Tracing.of(pod, "errata-worker").orElseThrow();
          WorkSpans work =
              new WorkSpans(worker, pod, JOB, "worker 2", Map.of("errata.shard", "2"))) {
        work.stage(Stage.Values, "values", "facts");
        work.advance(3, 7);
        work.advance(7, 7);
        work.done();
      }
      try (Tracing operator = Tracing.to(collector.endpoint(), "errata-operator")) {
        operator.ended(
            new EndedSpan(
                trace,
                trace.stage(Stage.Values, 1),
                trace.root(),
                "Values",
                START,
                START.plusSeconds(9),
                Map.of("errata.shards", "4"),
                null));
        operator.ended(
            new EndedSpan(
                trace,
                trace.root(),
                null,
                "EditJob",
                START,
                START.plusSeconds(10),
                Map.of(),
                "the gate was missed"));
      }
      assertThat(collector.received())
          .hasSize(4)
          .allSatisfy(span -> assertThat(span.trace()).isEqualTo(trace.traceId()));
      var job = collector.named("EditJob").orElseThrow();
      assertThat(job.parent()).isEmpty();
      assertThat(job.id()).isEqualTo(trace.root());
      assertThat(job.error()).isTrue();
      assertThat(job.message()).isEqualTo("the gate was missed");
      assertThat(job.endNanos() - job.startNanos()).isEqualTo(10_000_000_000L);
      var stage = collector.named("Values").orElseThrow();
      assertThat(stage.parent()).isEqualTo(job.id());
      assertThat(stage.service()).isEqualTo("errata-operator");
      assertThat(stage.attributes()).containsEntry("errata.shards", "4");
      var work = collector.named("worker 2").orElseThrow();
      assertThat(work.parent()).isEqualTo(stage.id());
      assertThat(work.service()).isEqualTo("errata-worker");
      assertThat(work.error()).isFalse();
      var part = collector.named("values").orElseThrow();
      assertThat(part.parent()).isEqualTo(work.id());
      assertThat(part.attributes()).containsEntry("errata.facts", "7");
    }
  }

  @Test
  void aFailureAndAnInterruptionAreSeen() throws IOException {
    try (Collector collector = new Collector()) {
      Map<String, String> laptop = Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
      try (Tracing tracing = Tracing.of(laptop, "errata-worker").orElseThrow()) {
        try (WorkSpans work = new WorkSpans(tracing, laptop, JOB, "fails", Map.of())) {
          work.failed(new InputException("facts.jsonl: line 3: no subject"));
        }
        new WorkSpans(tracing, laptop, JOB, "is killed", Map.of()).close();
      }
      assertThat(collector.named("fails").orElseThrow())
          .satisfies(
              span -> {
                assertThat(span.parent()).isEmpty();
                assertThat(span.error()).isTrue();
                assertThat(span.message()).contains("line 3");
              });
      assertThat(collector.named("is killed").orElseThrow().message()).isEqualTo("interrupted");
    }
  }

  @Test
  void nothingIsSentUnasked() {
    assertThat(Tracing.of(Map.of(), "errata-worker")).isEmpty();
    assertThat(
            Tracing.of(
                Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://x", "OTEL_SDK_DISABLED", "true"),
                "errata-worker"))
        .isEmpty();
  }

  @Test
  void aCollectorThatIsAwayIsToldOfAndHoldsNobodyUp() throws IOException {
    String gone;
    try (Collector collector = new Collector()) {
      gone = collector.endpoint();
    }
    Tracing tracing =
        Tracing.of(
                Map.of(
                    "OTEL_EXPORTER_OTLP_ENDPOINT",
                    gone,
                    "OTEL_JAVA_EXPORTER_OTLP_RETRY_DISABLED",
                    "true"),
                "errata-worker")
            .orElseThrow();
    new WorkSpans(tracing, Map.of(), JOB, "worker 0", Map.of()).close();
    tracing.close();
    assertThat(tracing.lost()).get().asString().contains("1 of 1 spans did not reach");
  }

  @Test
  void settingsWithoutMeaningAreRefused() {
    Map<String, String> wrong =
        Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere", "OTEL_TRACES_SAMPLER", "always_on");
    assertThatThrownBy(() -> Tracing.of(wrong, "errata-worker"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("OTLP endpoint must be a valid URL: nowhere");
  }

  @Test
  void identifiersFollowFromTheJob() {
    JobTrace one = new JobTrace("uid-1");
    assertThat(one.traceId()).hasSize(32).isEqualTo(new JobTrace("uid-1").traceId());
    assertThat(one.root()).hasSize(16);
    assertThat(one.parent(Stage.Update, 0))
        .isEqualTo("00-" + one.traceId() + "-" + one.stage(Stage.Update, 0) + "-01");
    assertThat(one.stage(Stage.Update, 0))
        .isNotEqualTo(one.stage(Stage.Update, 1))
        .isNotEqualTo(one.stage(Stage.Values, 0))
        .isNotEqualTo(one.root());
    assertThat(new JobTrace("uid-2").traceId()).isNotEqualTo(one.traceId());
  }
}
