package dev.errata.operator.assembly;

import dev.errata.operator.manifest.Labels;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.PrimaryToSecondaryMapper;
import io.javaoperatorsdk.operator.processing.event.source.SecondaryToPrimaryMapper;
import io.javaoperatorsdk.operator.processing.event.source.filter.OnUpdateFilter;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.TransformingItemStore;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** What reconcilers watch, kept small. */
final class Sources {
  /** How many resources are read at once: those of a large cluster would not fit as they come. */
  static final long PAGE = 500;

  private Sources() {}

  /**
   * What the operator has made and labelled with the name of its owner.
   *
   * @param selector what else the labels must be
   */
  static <R extends HasMetadata, P extends HasMetadata> InformerEventSource<R, P> labelled(
      Class<R> type,
      String label,
      String selector,
      EventSourceContext<P> context,
      OnUpdateFilter<R> changed) {
    SecondaryToPrimaryMapper<R> owner =
        resource -> {
          Map<String, String> labels = resource.getMetadata().getLabels();
          String name = labels == null ? null : labels.get(label);
          return name == null
              ? Set.of()
              : Set.of(new ResourceID(name, resource.getMetadata().getNamespace()));
        };
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(type, context.getPrimaryResourceClass())
            .withName(type.getSimpleName())
            .withLabelSelector(Labels.SELECTOR + "," + label + "," + selector)
            .withSecondaryToPrimaryMapper(owner)
            .withOnUpdateFilter(changed)
            .withInformerListLimit(PAGE)
            .withItemStore(new TransformingItemStore<>(Sources::slim))
            .build(),
        context);
  }

  /** What primaries refer to by name. */
  static <R extends HasMetadata, P extends HasMetadata> InformerEventSource<R, P> referenced(
      Class<R> type,
      EventSourceContext<P> context,
      SecondaryToPrimaryMapper<R> referring,
      PrimaryToSecondaryMapper<P> referred) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(type, context.getPrimaryResourceClass())
            .withName(type.getSimpleName())
            .withSecondaryToPrimaryMapper(referring)
            .withPrimaryToSecondaryMapper(referred)
            .withInformerListLimit(PAGE)
            .withItemStore(new TransformingItemStore<>(Sources::slim))
            .build(),
        context);
  }

  /** Drops what no decision reads: most of the bytes of a Job or Pod. */
  static <R extends HasMetadata> R slim(R resource) {
    resource.getMetadata().setManagedFields(null);
    if (resource instanceof Job job && job.getSpec() != null) {
      job.getSpec().setTemplate(null);
      job.getSpec().setPodFailurePolicy(null);
    }
    if (resource instanceof Pod pod) {
      pod.setSpec(null);
    }
    return resource;
  }

  /** Whether a Job has changed in what decisions read. */
  static boolean changedJob(Job now, Job before) {
    return !Objects.equals(now.getStatus(), before.getStatus())
        || !Objects.equals(now.getSpec().getSuspend(), before.getSpec().getSuspend());
  }

  /** Whether a Pod has changed in what decisions read. */
  static boolean changedPod(Pod now, Pod before) {
    return !Views.pod(now).equals(Views.pod(before));
  }

  /** Whether a child belongs to this very owner and not to a namesake that was deleted. */
  static boolean ownedBy(HasMetadata child, HasMetadata owner) {
    return child.getMetadata().getDeletionTimestamp() == null
        && child.getMetadata().getOwnerReferences().stream()
            .anyMatch(ref -> owner.getMetadata().getUid().equals(ref.getUid()));
  }
}
