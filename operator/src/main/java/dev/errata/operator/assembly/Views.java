package dev.errata.operator.assembly;

import dev.errata.api.Model;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.ModelStatus;
import dev.errata.api.resource.Reason;
import dev.errata.api.resource.Stage;
import dev.errata.operator.decide.ChildView;
import dev.errata.operator.decide.ModelView;
import dev.errata.operator.decide.PodView;
import dev.errata.operator.decide.Times;
import dev.errata.operator.manifest.Labels;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** What decisions need to know of resources, read off them. */
final class Views {
  private Views() {}

  static ModelView model(Model model) {
    if (model == null || model.getMetadata().getDeletionTimestamp() != null) {
      return null;
    }
    ModelStatus status = model.getStatus();
    Condition ready =
        status == null || status.conditions() == null
            ? null
            : status.conditions().stream()
                .filter(c -> c.type().equals(ConditionType.Ready.name()))
                .findFirst()
                .orElse(null);
    boolean isReady =
        ready != null && ready.status() == Condition.Status.True && status.current() != null;
    return new ModelView(
        model.getMetadata().getName(),
        isReady,
        ready == null || ready.reason().equals(Reason.Importing.name()) ? null : ready.message(),
        isReady ? status.current() : null,
        isReady ? status.latest() : null,
        model.getSpec().current() != null);
  }

  /** A child Job with those of some pods that are its own. */
  static ChildView child(Job job, Collection<Pod> pods) {
    Map<String, String> labels = job.getMetadata().getLabels();
    JobStatus status = job.getStatus() == null ? new JobStatus() : job.getStatus();
    Optional<JobCondition> complete = condition(status, "Complete");
    Optional<JobCondition> failed = condition(status, "Failed");
    ChildView.State state =
        complete.isPresent()
            ? ChildView.State.Complete
            : failed.isPresent() ? ChildView.State.Failed : ChildView.State.Active;
    String name = job.getMetadata().getName();
    String stage = labels.get(Labels.STAGE);
    return new ChildView(
        name,
        stage == null ? null : Stage.valueOf(stage),
        Integer.parseInt(labels.getOrDefault(Labels.ATTEMPT, "0")),
        labels.get(Labels.MADE_FOR),
        state,
        Boolean.TRUE.equals(job.getSpec().getSuspend()),
        number(job.getSpec().getCompletions(), 1),
        number(status.getSucceeded(), 0),
        number(status.getFailed(), 0),
        complete
            .or(() -> failed)
            .map(c -> Times.parseOrNull(c.getLastTransitionTime()))
            .orElse(null),
        failed
            .map(c -> "Job " + name + " failed (" + c.getReason() + "): " + c.getMessage())
            .orElse(null),
        // Not by name: pods of a namesake that was removed may still be there.
        pods.stream().filter(pod -> pod.hasOwnerReferenceFor(job)).map(Views::pod).toList());
  }

  private static Optional<JobCondition> condition(JobStatus status, String type) {
    return status.getConditions().stream()
        .filter(c -> c.getType().equals(type) && c.getStatus().equals("True"))
        .findFirst();
  }

  private static int number(Integer value, int otherwise) {
    return value == null ? otherwise : value;
  }

  static PodView pod(Pod pod) {
    PodStatus status = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
    String unschedulable =
        status.getConditions().stream()
            .filter(c -> c.getType().equals("PodScheduled") && c.getStatus().equals("False"))
            .filter(c -> "Unschedulable".equals(c.getReason()))
            .map(PodCondition::getMessage)
            .map(message -> Objects.requireNonNullElse(message, "Unschedulable"))
            .findFirst()
            .orElse(null);
    List<ContainerStatus> containers = status.getContainerStatuses();
    ContainerState state = containers.isEmpty() ? null : containers.get(0).getState();
    boolean waiting = state != null && state.getWaiting() != null;
    boolean terminated = state != null && state.getTerminated() != null;
    return new PodView(
        pod.getMetadata().getName(),
        Times.parse(pod.getMetadata().getCreationTimestamp()),
        !terminated && !containers.isEmpty() && Boolean.TRUE.equals(containers.get(0).getReady()),
        status.getPhase(),
        unschedulable,
        waiting ? state.getWaiting().getReason() : null,
        waiting ? state.getWaiting().getMessage() : null,
        terminated ? state.getTerminated().getExitCode() : null,
        terminated ? state.getTerminated().getMessage() : null);
  }
}
