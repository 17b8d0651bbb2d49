package dev.errata.operator.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.Stage;
import dev.errata.operator.Fixtures;
import dev.errata.operator.decide.StageOrder;
import dev.errata.operator.manifest.Installation;
import dev.errata.operator.manifest.StageJobs;
import dev.errata.tracing.EndedSpan;
import dev.errata.tracing.JobTrace;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobSpansTest {
  private static final Installation INSTALLATION =
      new Installation(
          "errata/worker:1",
          null,
          "errata-store",
          null,
          null,
          null,
          null,
          "http://collector:4318",
          null);
  private static final String CREATED = "2026-01-01T00:00:00Z";
  private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");

  private final EditJob job = Fixtures.editJob();
  private final JobTrace trace = new JobTrace(job.getMetadata().getUid());

  @Test
  void aStageIsToldWhenTheStatusLeavesIt() {
    Job child = child(Stage.Values, 0, "Complete", "2026-01-01T00:05:00Z", null);
    job.setStatus(status(Stage.Values, 0));
    assertThat(JobSpans.ended(job, status(Stage.Values, 0), List.of(child), NOW)).isEmpty();
    List<EndedSpan> spans = JobSpans.ended(job, status(Stage.Update, 0), List.of(child), NOW);
    assertThat(spans).hasSize(1);
    EndedSpan span = spans.get(0);
    assertThat(span.name()).isEqualTo("Values");
    assertThat(span.id()).isEqualTo(trace.stage(Stage.Values, 0));
    assertThat(span.parent()).isEqualTo(trace.root());
    assertThat(span.start()).isEqualTo(Instant.parse("2026-01-01T00:02:00Z"));
    assertThat(span.end()).isEqualTo(Instant.parse("2026-01-01T00:05:00Z"));
    assertThat(span.error()).isNull();
    assertThat(span.attributes()).containsEntry("errata.shards", "3");
  }

  @Test
  void aRebaseEndsTheStageOfItsAttemptOnly() {
    Job first = child(Stage.Statistics, 0, "Complete", "2026-01-01T00:03:00Z", null);
    Job second = child(Stage.Statistics, 1, null, null, null);
    job.setStatus(status(Stage.Statistics, 1));
    assertThat(JobSpans.ended(job, status(Stage.Statistics, 2), List.of(first, second), NOW))
        .singleElement()
        .satisfies(
            span -> {
              assertThat(span.id()).isEqualTo(trace.stage(Stage.Statistics, 1));
              assertThat(span.end()).isEqualTo(NOW);
            });
  }

  @Test
  void theEndTellsTheWholeJobOnce() {
    job.getMetadata().setCreationTimestamp(CREATED);
    job.setStatus(status(Stage.Publish, 0));
    EditJobStatus after = ended("Complete", "VersionPublished", "v3 is published");
    Job child = child(Stage.Publish, 0, "Complete", "2026-01-01T00:09:00Z", null);
    List<EndedSpan> spans = JobSpans.ended(job, after, List.of(child), NOW);
    assertThat(spans).extracting(EndedSpan::name).containsExactly("Publish", "EditJob");
    EndedSpan root = spans.get(1);
    assertThat(root.parent()).isNull();
    assertThat(root.id()).isEqualTo(trace.root());
    assertThat(root.start()).isEqualTo(Instant.parse(CREATED));
    assertThat(root.end()).isEqualTo(Instant.parse("2026-01-01T00:10:00Z"));
    assertThat(root.error()).isNull();
    assertThat(root.attributes())
        .containsEntry("errata.version", "v3")
        .containsEntry("errata.facts", "200");
    job.setStatus(after);
    assertThat(JobSpans.ended(job, after, List.of(child), NOW)).isEmpty();
  }

  @Test
  void aFailureSaysWhy() {
    job.getMetadata().setCreationTimestamp(CREATED);
    job.setStatus(status(Stage.Values, 0));
    Job child = child(Stage.Values, 0, "Failed", "2026-01-01T00:04:00Z", "a pod ended with 2");
    assertThat(
            JobSpans.ended(
                job, ended("Failed", "BadInput", "line 3: no subject"), List.of(child), NOW))
        .extracting(EndedSpan::error)
        .containsExactly("PodFailurePolicy: a pod ended with 2", "BadInput: line 3: no subject");
  }

  @Test
  void workersAreToldTheirStageAndTheCollector() {
    Job made =
        StageJobs.of(
            job, Fixtures.model(), new StageOrder(Stage.Values, 2, 1, "v0", false), INSTALLATION);
    assertThat(made.getSpec().getTemplate().getSpec().getContainers().get(0).getEnv())
        .contains(
            new EnvVar("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318", null),
            new EnvVar("TRACEPARENT", trace.parent(Stage.Values, 2), null));
  }

  private static EditJobStatus status(Stage stage, int rebases) {
    return new EditJobStatus(
        1L, stage, null, "v2", null, null, null, CREATED, null, null, rebases, null, List.of());
  }

  private static EditJobStatus ended(String type, String reason, String message) {
    return new EditJobStatus(
        1L,
        Stage.Publish,
        null,
        "v2",
        type.equals("Complete") ? "v3" : null,
        null,
        new FactCounts(200, 200, 0, 0),
        CREATED,
        "2026-01-01T00:10:00Z",
        null,
        0,
        null,
        List.of(new Condition(type, Condition.Status.True, 1L, CREATED, reason, message)));
  }

  private Job child(Stage stage, int attempt, String condition, String when, String why) {
    Job made =
        StageJobs.of(
            job, Fixtures.model(), new StageOrder(stage, attempt, 3, "v2", false), INSTALLATION);
    JobBuilder builder = new JobBuilder(made);
    builder.editMetadata().withCreationTimestamp("2026-01-01T00:02:00Z").endMetadata();
    if (condition != null) {
      builder
          .withNewStatus()
          .addNewCondition()
          .withType(condition)
          .withStatus("True")
          .withLastTransitionTime(when)
          .withReason("PodFailurePolicy")
          .withMessage(why)
          .endCondition()
          .endStatus();
    }
    return builder.build();
  }
}
