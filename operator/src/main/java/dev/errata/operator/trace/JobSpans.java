package dev.errata.operator.trace;

import dev.errata.api.EditJob;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.Stage;
import dev.errata.operator.decide.EditJobDecider;
import dev.errata.operator.decide.Times;
import dev.errata.operator.manifest.Labels;
import dev.errata.tracing.EndedSpan;
import dev.errata.tracing.JobTrace;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The spans that are over when the status of an EditJob moves on: the stage that it leaves, and the
 * job from its creation to its end. They are read off resources, so that no operator has to
 * remember anything; one that tells the same again tells it under the same identifiers.
 */
public final class JobSpans {
  private JobSpans() {}

  /**
   * What is over.
   *
   * @param job with its status so far
   * @param after its next status
   * @param children its child Jobs
   * @param now the time
   */
  public static List<EndedSpan> ended(
      EditJob job, EditJobStatus after, Collection<Job> children, Instant now) {
    EditJobStatus before = job.getStatus();
    if (after == null || EditJobDecider.finished(before)) {
      return List.of();
    }
    boolean finished = EditJobDecider.finished(after);
    List<EndedSpan> spans = new ArrayList<>();
    if (before != null && before.stage() != null && (finished || moved(before, after))) {
      Stage stage = before.stage();
      int attempt = attempt(before);
      children.stream()
          .filter(child -> computes(child, stage, attempt))
          .findFirst()
          .map(child -> stage(job, stage, attempt, child, now))
          .ifPresent(spans::add);
    }
    if (finished) {
      spans.add(root(job, after, now));
    }
    return spans;
  }

  private static boolean moved(EditJobStatus before, EditJobStatus after) {
    return before.stage() != after.stage() || attempt(before) != attempt(after);
  }

  private static int attempt(EditJobStatus status) {
    return status.rebases() == null ? 0 : status.rebases();
  }

  private static boolean computes(Job child, Stage stage, int attempt) {
    Map<String, String> labels = child.getMetadata().getLabels();
    return stage.name().equals(labels.get(Labels.STAGE))
        && String.valueOf(attempt).equals(labels.get(Labels.ATTEMPT));
  }

  private static EndedSpan stage(EditJob job, Stage stage, int attempt, Job child, Instant now) {
    Optional<JobCondition> failed = condition(child, "Failed");
    Instant end =
        failed
            .or(() -> condition(child, "Complete"))
            .map(c -> Times.parseOrNull(c.getLastTransitionTime()))
            .orElse(now);
    Map<String, String> attributes = of(job);
    attributes.put("errata.stage", stage.name());
    attributes.put("errata.attempt", String.valueOf(attempt));
    attributes.put("errata.shards", String.valueOf(child.getSpec().getCompletions()));
    attributes.put("k8s.job.name", child.getMetadata().getName());
    JobTrace trace = trace(job);
    return new EndedSpan(
        trace,
        trace.stage(stage, attempt),
        trace.root(),
        stage.name(),
        Times.parse(child.getMetadata().getCreationTimestamp()),
        end,
        attributes,
        failed.map(c -> c.getReason() + ": " + c.getMessage()).orElse(null));
  }

  private static EndedSpan root(EditJob job, EditJobStatus after, Instant now) {
    Map<String, String> attributes = of(job);
    if (after.version() != null) {
      attributes.put("errata.version", after.version());
    }
    if (after.facts() != null && after.facts().total() != null) {
      attributes.put("errata.facts", String.valueOf(after.facts().total()));
    }
    JobTrace trace = trace(job);
    return new EndedSpan(
        trace,
        trace.root(),
        null,
        "EditJob",
        Times.parse(job.getMetadata().getCreationTimestamp()),
        after.completionTime() == null ? now : Times.parse(after.completionTime()),
        attributes,
        after.conditions().stream()
            .filter(c -> c.type().equals(ConditionType.Failed.name()))
            .filter(c -> c.status() == Condition.Status.True)
            .map(c -> c.reason() + ": " + c.message())
            .findFirst()
            .orElse(null));
  }

  private static Map<String, String> of(EditJob job) {
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put("errata.edit_job.name", job.getMetadata().getName());
    attributes.put("errata.model.name", job.getSpec().model());
    attributes.put("k8s.namespace.name", job.getMetadata().getNamespace());
    return attributes;
  }

  private static JobTrace trace(EditJob job) {
    return new JobTrace(job.getMetadata().getUid());
  }

  private static Optional<JobCondition> condition(Job child, String type) {
    return child.getStatus() == null
        ? Optional.empty()
        : child.getStatus().getConditions().stream()
            .filter(c -> c.getType().equals(type) && c.getStatus().equals("True"))
            .findFirst();
  }
}
