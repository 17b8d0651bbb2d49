package dev.errata.operator.assembly;

import dev.errata.api.Model;
import dev.errata.api.resource.ModelStatus;
import dev.errata.operator.decide.ChildView;
import dev.errata.operator.decide.ModelDecider;
import dev.errata.operator.decide.ModelDecision;
import dev.errata.operator.manifest.Installation;
import dev.errata.operator.manifest.Labels;
import dev.errata.operator.manifest.StageJobs;
import dev.errata.operator.meters.OperatorMeters;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Observes a Model, lets {@link ModelDecider} decide, and does what it decided. */
public final class ModelReconciler implements Reconciler<Model> {
  private final Writer writer;
  private final Installation installation;
  private final Clock clock;
  private final OperatorMeters meters;
  private InformerEventSource<Job, Model> jobs;

  /** Prepares. */
  ModelReconciler(Writer writer, Installation installation, Clock clock, OperatorMeters meters) {
    this.writer = writer;
    this.installation = installation;
    this.clock = clock;
    this.meters = meters;
  }

  @Override
  public List<EventSource<?, Model>> prepareEventSources(EventSourceContext<Model> context) {
    meters.countModels(context.getPrimaryCache()::list);
    jobs =
        Sources.labelled(
            Job.class, Labels.MODEL, "!" + Labels.EDIT_JOB, context, Sources::changedJob);
    InformerEventSource<Pod, Model> pods =
        Sources.labelled(
            Pod.class, Labels.MODEL, "!" + Labels.EDIT_JOB, context, Sources::changedPod);
    return List.of(jobs, pods);
  }

  @Override
  public UpdateControl<Model> reconcile(Model model, Context<Model> context) {
    if (model.getMetadata().getDeletionTimestamp() != null) {
      return UpdateControl.noUpdate();
    }
    Set<Pod> pods = context.getSecondaryResources(Pod.class);
    Map<String, ChildView> children =
        context
            .getSecondaryResourcesAsStream(Job.class)
            .filter(child -> Sources.ownedBy(child, model))
            .collect(
                Collectors.toMap(
                    child -> child.getMetadata().getLabels().get(Labels.TASK),
                    child -> Views.child(child, pods),
                    (one, other) -> one));
    Instant now = clock.instant();
    return act(model, ModelDecider.decide(model, children, now), now);
  }

  private UpdateControl<Model> act(Model model, ModelDecision decision, Instant now) {
    String namespace = model.getMetadata().getNamespace();
    if (decision.start() != null) {
      Job made = writer.create(StageJobs.of(model, decision.start(), installation), model);
      jobs.handleRecentResourceCreate(ResourceID.fromResource(made), made);
    }
    decision.remove().forEach(child -> writer.remove(namespace, child));
    if (decision.publication() != null) {
      writer.publish(model, null, null, decision.publication());
    }
    writer.tell(model, decision.notes(), now);
    UpdateControl<Model> control =
        same(model.getStatus(), decision.status())
            ? UpdateControl.noUpdate()
            : UpdateControl.patchStatus(patch(model, decision.status()));
    return decision.again() == null ? control : control.rescheduleAfter(decision.again());
  }

  private static boolean same(ModelStatus old, ModelStatus wanted) {
    List<Function<ModelStatus, Object>> own =
        List.of(
            ModelStatus::observedGeneration,
            ModelStatus::family,
            ModelStatus::parameters,
            ModelStatus::conditions);
    return old != null
        && own.stream().allMatch(field -> Objects.equals(field.apply(old), field.apply(wanted)));
  }

  private static Model patch(Model model, ModelStatus status) {
    Model patch = new Model();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(model.getMetadata().getName())
            .withNamespace(model.getMetadata().getNamespace())
            .build());
    patch.setStatus(status);
    return patch;
  }
}
