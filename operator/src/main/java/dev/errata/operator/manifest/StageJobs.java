package dev.errata.operator.manifest;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.event.KafkaAccess;
import dev.errata.api.resource.ModelSource;
import dev.errata.api.resource.ProgressTarget;
import dev.errata.api.resource.WorkerResources;
import dev.errata.api.resource.Workers;
import dev.errata.operator.decide.Fingerprint;
import dev.errata.operator.decide.ListOrder;
import dev.errata.operator.decide.ModelTask;
import dev.errata.operator.decide.StageOrder;
import dev.errata.operator.decide.WorkerExit;
import dev.errata.tracing.JobTrace;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.PodFailurePolicy;
import io.fabric8.kubernetes.api.model.batch.v1.PodFailurePolicyBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Child Jobs: one Indexed Job a stage of an EditJob, one Job a task of a Model, one Indexed Job for
 * versions of a Model that are listed.
 */
public final class StageJobs {
  private static final int TASK_RETRIES = 6;

  private static final int LIST_RETRIES = 2;

  /** How many pods of a listing run at once. */
  private static final int LISTERS = 4;

  private static final int LIST_SECONDS = 600;
  private static final int LIST_SECONDS_A_PART = 30;

  /** Long enough for each operator to read it that keeps a registry of its own. */
  private static final int LIST_KEPT_SECONDS = 120;

  /** What a pod asks for that lists: it streams what it tells. */
  private static final Workers LISTER =
      new Workers(
          null,
          null,
          new WorkerResources(
              new TreeMap<>(Map.of("cpu", new Quantity("100m"), "memory", new Quantity("256Mi"))),
              Map.of("memory", new Quantity("512Mi"))),
          null,
          null,
          null,
          null,
          null,
          null,
          null);

  private StageJobs() {}

  /**
   * The Job of a stage.
   *
   * @param model the Model of the EditJob
   */
  public static Job of(EditJob job, Model model, StageOrder order, Installation installation) {
    String name = job.getMetadata().getName();
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put(Labels.MANAGED_BY, Labels.OPERATOR);
    labels.put(Labels.EDIT_JOB, name);
    labels.put(Labels.MODEL, job.getSpec().model());
    labels.put(Labels.STAGE, order.stage().name());
    labels.put(Labels.ATTEMPT, String.valueOf(order.attempt()));
    labels.put(Labels.MADE_FOR, Fingerprint.of(job.getSpec()));
    StorePlace store = StorePlace.of(model, installation);
    List<String> arguments = new ArrayList<>(store.options());
    arguments.addAll(
        List.of(
            "stage",
            order.stage().name().toLowerCase(Locale.ROOT),
            "--job",
            WorkerTemplate.JOB + "/" + JobManifest.FILE,
            "--base",
            order.base(),
            "--shards",
            String.valueOf(order.shards()),
            "--report",
            WorkerTemplate.REPORT));
    if (hasGpu(job.getSpec().workers())) {
      arguments.addAll(List.of("--device", "cuda"));
    }
    arguments.addAll(store.files());
    WorkerTemplate template =
        new WorkerTemplate(installation, job.getSpec().workers(), store)
            .configMap("errata-job", Names.manifest(name), WorkerTemplate.JOB);
    if (job.getSpec().facts().configMap() != null) {
      arguments.addAll(List.of("--facts", WorkerTemplate.FACTS));
      template.configMap(
          "errata-facts", job.getSpec().facts().configMap().name(), WorkerTemplate.FACTS);
    }
    if (installation.collector() != null) {
      template
          .variable("OTEL_EXPORTER_OTLP_ENDPOINT", installation.collector())
          .variable(
              "TRACEPARENT",
              new JobTrace(job.getMetadata().getUid()).parent(order.stage(), order.attempt()));
    }
    ProgressTarget target = job.getSpec().progress();
    tell(target == null ? installation.progress() : target, order.attempt(), arguments, template);
    if (installation.metricsPort() != null) {
      arguments.addAll(List.of("--metrics-port", installation.metricsPort().toString()));
      template.metrics(installation.metricsPort());
    }
    Integer retries = job.getSpec().backoffLimit();
    return build(
        job,
        Names.stageJob(name, order.stage(), order.attempt()),
        labels,
        order.shards(),
        retries == null ? TASK_RETRIES : retries,
        template.build(labels, arguments));
  }

  /** A Secret that is missing silences the pods and does not keep them from starting. */
  private static void tell(
      ProgressTarget target, int attempt, List<String> arguments, WorkerTemplate template) {
    if (target == null) {
      return;
    }
    arguments.addAll(
        List.of("--attempt", String.valueOf(attempt), "--kafka", target.bootstrapServers()));
    if (target.secret() != null) {
      arguments.addAll(List.of("--kafka-config", WorkerTemplate.KAFKA + "/" + KafkaAccess.FILE));
      template.secret("errata-kafka", target.secret(), WorkerTemplate.KAFKA);
    }
  }

  /** The Job of a task of a Model. */
  public static Job of(Model model, ModelTask task, Installation installation) {
    String name = model.getMetadata().getName();
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put(Labels.MANAGED_BY, Labels.OPERATOR);
    labels.put(Labels.MODEL, name);
    labels.put(Labels.TASK, task.name());
    StorePlace store = StorePlace.of(model, installation);
    WorkerTemplate template = new WorkerTemplate(installation, null, store);
    List<String> arguments = new ArrayList<>(store.options());
    if (task.version() == null) {
      ModelSource source = model.getSpec().source();
      String place = source.uri();
      if (source.claim() != null) {
        place = WorkerTemplate.SOURCE + "/" + place;
        template.claim("errata-source", source.claim(), WorkerTemplate.SOURCE);
      }
      if (source.secret() != null) {
        template.environment(source.secret());
      }
      arguments.addAll(List.of("stage", "import", "--model", name, "--source", place));
      arguments.addAll(store.files());
    } else {
      arguments.addAll(List.of("stage", "promote", "--model", name, "--version", task.version()));
    }
    arguments.addAll(List.of("--report", WorkerTemplate.REPORT));
    return build(
        model,
        Names.taskJob(name, task.name()),
        labels,
        1,
        TASK_RETRIES,
        template.build(labels, arguments));
  }

  /** The Job that lists versions of a Model. It reads and computes little, and is gone soon. */
  public static Job of(Model model, ListOrder order, Installation installation) {
    String name = model.getMetadata().getName();
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put(Labels.MANAGED_BY, Labels.OPERATOR);
    labels.put(Labels.LISTS, name);
    StorePlace store = StorePlace.of(model, installation);
    String versions = String.join(",", order.versions());
    List<String> arguments = new ArrayList<>(store.options());
    arguments.addAll(List.of("stage", "list", "--model", name, "--versions", versions));
    return new JobBuilder(
            build(
                model,
                Names.listJob(order),
                labels,
                order.parts(),
                LIST_RETRIES,
                new WorkerTemplate(installation, LISTER, store).build(labels, arguments)))
        .editMetadata()
        .addToAnnotations(Labels.VERSIONS, versions)
        .endMetadata()
        .editSpec()
        .withParallelism(Math.min(order.parts(), LISTERS))
        .withActiveDeadlineSeconds(LIST_SECONDS + (long) LIST_SECONDS_A_PART * order.parts())
        .withTtlSecondsAfterFinished(LIST_KEPT_SECONDS)
        .endSpec()
        .build();
  }

  /** Whether a pod is given a GPU, or a slice of one such as nvidia.com/mig-1g.10gb. */
  private static boolean hasGpu(Workers workers) {
    return workers != null
        && workers.resources() != null
        && Stream.of(workers.resources().requests(), workers.resources().limits())
            .filter(Objects::nonNull)
            .flatMap(resources -> resources.entrySet().stream())
            .anyMatch(
                resource ->
                    resource.getKey().startsWith("nvidia.com/")
                        && resource.getValue().getNumericalAmount().signum() > 0);
  }

  private static Job build(
      HasMetadata owner,
      String name,
      Map<String, String> labels,
      int shards,
      int retries,
      PodTemplateSpec template) {
    Map<String, String> all = new LinkedHashMap<>(labels);
    all.putAll(Labels.ofQueue(owner));
    return new JobBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(owner.getMetadata().getNamespace())
        .withLabels(all)
        .withOwnerReferences(owner(owner))
        .endMetadata()
        .withNewSpec()
        .withCompletionMode("Indexed")
        .withCompletions(shards)
        .withParallelism(shards)
        .withBackoffLimitPerIndex(retries)
        .withMaxFailedIndexes(0)
        .withPodReplacementPolicy("Failed")
        .withPodFailurePolicy(failures())
        .withSuspend(Labels.queue(owner) == null ? null : true)
        .withTemplate(template)
        .endSpec()
        .build();
  }

  /** Bad input and a moved base fail the Job at once; a disruption costs no retry. */
  private static PodFailurePolicy failures() {
    return new PodFailurePolicyBuilder()
        .addNewRule()
        .withAction("FailJob")
        .withNewOnExitCodes()
        .withContainerName(WorkerTemplate.CONTAINER)
        .withOperator("In")
        .withValues(WorkerExit.INPUT, WorkerExit.MOVED)
        .endOnExitCodes()
        .endRule()
        .addNewRule()
        .withAction("Ignore")
        .addNewOnPodCondition("True", "DisruptionTarget")
        .endRule()
        .build();
  }

  /** The reference by which a child goes with its owner. */
  public static OwnerReference owner(HasMetadata owner) {
    return new OwnerReferenceBuilder()
        .withApiVersion(owner.getApiVersion())
        .withKind(owner.getKind())
        .withName(owner.getMetadata().getName())
        .withUid(owner.getMetadata().getUid())
        .withController(true)
        .withBlockOwnerDeletion(true)
        .build();
  }
}
