package dev.errata.operator.assembly;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.event.FailureEvent;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.operator.decide.ChildView;
import dev.errata.operator.decide.Coalescing;
import dev.errata.operator.decide.Decision;
import dev.errata.operator.decide.EditJobDecider;
import dev.errata.operator.decide.Observation;
import dev.errata.operator.manifest.Installation;
import dev.errata.operator.manifest.JobManifest;
import dev.errata.operator.manifest.Labels;
import dev.errata.operator.manifest.StageJobs;
import dev.errata.operator.meters.OperatorMeters;
import dev.errata.operator.progress.JobFailures;
import dev.errata.operator.progress.ProgressSource;
import dev.errata.operator.trace.JobSpans;
import dev.errata.tracing.EndedSpan;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.IndexedResourceCache;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Observes an EditJob, lets {@link EditJobDecider} decide, and does what it decided. */
public final class EditJobReconciler implements Reconciler<EditJob> {
  private static final String BY_MODEL = "model";

  /** Those of a Model that want its turn: few, however many have ended. */
  private static final String WANTING = "wanting";

  private static final Duration SOON = Duration.ofMillis(1);

  private final Writer writer;
  private final Installation installation;
  private final Clock clock;
  private final ProgressSource progress;
  private final Consumer<FailureEvent> failures;
  private final Consumer<EndedSpan> traces;
  private final OperatorMeters meters;
  private final Turns turns = new Turns();
  private final Wakeups wakeups = new Wakeups();
  private InformerEventSource<Job, EditJob> jobs;

  /** Prepares. */
  EditJobReconciler(
      Writer writer,
      Installation installation,
      Clock clock,
      ProgressSource progress,
      Consumer<FailureEvent> failures,
      Consumer<EndedSpan> traces,
      OperatorMeters meters) {
    this.writer = writer;
    this.installation = installation;
    this.clock = clock;
    this.progress = progress;
    this.failures = failures;
    this.traces = traces;
    this.meters = meters;
  }

  @Override
  public List<EventSource<?, EditJob>> prepareEventSources(EventSourceContext<EditJob> context) {
    meters.countJobs(context.getPrimaryCache()::list);
    context.getPrimaryCache().addIndexer(BY_MODEL, job -> List.of(modelKey(job)));
    context
        .getPrimaryCache()
        .addIndexer(WANTING, job -> Turns.wants(job) ? List.of(modelKey(job)) : List.of());
    jobs = Sources.labelled(Job.class, Labels.EDIT_JOB, Labels.STAGE, context, Sources::changedJob);
    InformerEventSource<Pod, EditJob> pods =
        Sources.labelled(Pod.class, Labels.EDIT_JOB, Labels.STAGE, context, Sources::changedPod);
    InformerEventSource<Model, EditJob> models =
        Sources.referenced(
            Model.class,
            context,
            model ->
                context.getPrimaryCache().byIndex(BY_MODEL, key(model)).stream()
                    .map(ResourceID::fromResource)
                    .collect(Collectors.toSet()),
            job -> Set.of(new ResourceID(job.getSpec().model(), namespace(job))));
    progress.onNews(job -> wakeups.wake(new ResourceID(job.name(), job.namespace())));
    return List.of(jobs, pods, models, wakeups);
  }

  private static String namespace(EditJob job) {
    return job.getMetadata().getNamespace();
  }

  private static String modelKey(EditJob job) {
    return namespace(job) + "/" + job.getSpec().model();
  }

  private static String key(Model model) {
    return model.getMetadata().getNamespace() + "/" + model.getMetadata().getName();
  }

  @Override
  public UpdateControl<EditJob> reconcile(EditJob job, Context<EditJob> context) {
    if (job.getSpec().managedBy() != null) {
      return UpdateControl.noUpdate();
    }
    if (context.isPrimaryResourceDeleted() || job.getMetadata().getDeletionTimestamp() != null) {
      passOn(job, context.getPrimaryCache());
      meters.gone(job);
      JobFailures.deleted(job).ifPresent(failures);
      return UpdateControl.noUpdate();
    }
    meters.seen(job);
    Model model = context.getSecondaryResource(Model.class).orElse(null);
    Observation seen = observe(job, model, context);
    Instant now = clock.instant();
    Decision decision = EditJobDecider.decide(job, seen, now);
    return act(job, model, decision, now, context);
  }

  private Observation observe(EditJob job, Model model, Context<EditJob> context) {
    Set<Pod> pods = context.getSecondaryResources(Pod.class);
    List<ChildView> children =
        context
            .getSecondaryResourcesAsStream(Job.class)
            .filter(child -> Sources.ownedBy(child, job))
            .map(child -> Views.child(child, pods))
            .toList();
    return new Observation(
        Views.model(model),
        turn(job, context.getPrimaryCache()),
        Labels.queue(job),
        children,
        heard(job),
        progress.line().orElse(null));
  }

  private Observation.Heard heard(EditJob job) {
    EditJobStatus status = job.getStatus();
    if (status == null || status.stage() == null) {
      return null;
    }
    int attempt = status.rebases() == null ? 0 : status.rebases();
    return progress
        .progress(job.getMetadata().getUid(), status.stage(), attempt)
        .map(known -> new Observation.Heard(status.stage(), attempt, known))
        .orElse(null);
  }

  /** Name of the job whose turn it is, when it is another one. */
  private String turn(EditJob job, IndexedResourceCache<EditJob> cache) {
    if (!Turns.wants(job)) {
      return null;
    }
    List<EditJob> jobs = new ArrayList<>(cache.byIndex(WANTING, modelKey(job)));
    // An index that is being changed may lack it.
    if (jobs.stream().noneMatch(other -> same(other, job))) {
      jobs.add(job);
    }
    Turns.Turn turn = turns.turn(modelKey(job), jobs, cache::get).orElseThrow();
    if (same(turn.holder(), job)) {
      return null;
    }
    if (turn.given()) {
      wakeups.wake(turn.holder());
    }
    return turn.holder().getMetadata().getName();
  }

  private void passOn(EditJob job, IndexedResourceCache<EditJob> cache) {
    List<EditJob> others =
        cache.byIndex(WANTING, modelKey(job)).stream().filter(other -> !same(other, job)).toList();
    turns
        .turn(modelKey(job), others, name -> cache.get(name).filter(other -> !same(other, job)))
        .ifPresent(turn -> wakeups.wake(turn.holder()));
  }

  private static boolean same(EditJob one, EditJob other) {
    return one.getMetadata().getUid().equals(other.getMetadata().getUid());
  }

  private UpdateControl<EditJob> act(
      EditJob job, Model model, Decision decision, Instant now, Context<EditJob> context) {
    if (decision.delete()) {
      writer.delete(job);
      return UpdateControl.noUpdate();
    }
    Optional<Refusal> refusal = Optional.empty();
    if (decision.start() != null) {
      try {
        writer.apply(JobManifest.of(job, decision.start().pinned()));
        Job made = writer.create(StageJobs.of(job, model, decision.start(), installation), job);
        jobs.handleRecentResourceCreate(ResourceID.fromResource(made), made);
      } catch (KubernetesClientException e) {
        refusal = Optional.of(Refusal.of(e));
      }
    }
    decision.suspend().forEach(child -> writer.suspend(namespace(job), child, true));
    decision.resume().forEach(child -> writer.suspend(namespace(job), child, false));
    decision.remove().forEach(child -> writer.remove(namespace(job), child));
    if (decision.publication() != null && model != null) {
      var evaluation = job.getSpec().evaluation();
      writer.publish(
          model,
          job.getMetadata().getName(),
          evaluation == null ? null : evaluation.require(),
          decision.publication());
    }
    EditJobStatus status = decision.status();
    Duration again = decision.again();
    if (refusal.isPresent()) {
      status = refusal.get().on(job, status, now);
      again = Refusal.AGAIN;
    }
    if (!Turns.wants(job)) {
      passOn(job, context.getPrimaryCache());
    } else if (EditJobDecider.finished(status)) {
      // The turn passes on when the end is written down, not before.
      again = SOON;
    }
    // A refused stage did not begin.
    if (refusal.isEmpty()) {
      writer.tell(job, decision.notes(), now);
    } else {
      writer.tell(job, List.of(refusal.get().note()), now);
    }
    JobFailures.of(job, status).ifPresent(failures);
    JobSpans.ended(job, status, context.getSecondaryResources(Job.class), now).forEach(traces);
    return update(job, status, again, now);
  }

  private static UpdateControl<EditJob> update(
      EditJob job, EditJobStatus status, Duration again, Instant now) {
    Coalescing coalescing = Coalescing.of(job.getStatus(), status, now);
    UpdateControl<EditJob> control;
    if (coalescing.write()) {
      EditJob patch = new EditJob();
      patch.setMetadata(
          new ObjectMetaBuilder()
              .withName(job.getMetadata().getName())
              .withNamespace(namespace(job))
              .build());
      patch.setStatus(status);
      control = UpdateControl.patchStatus(patch);
    } else {
      control = UpdateControl.noUpdate();
    }
    Duration next = Coalescing.earlier(again, coalescing.again());
    return next == null ? control : control.rescheduleAfter(next);
  }
}
