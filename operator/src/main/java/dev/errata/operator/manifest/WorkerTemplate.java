package dev.errata.operator.manifest;

import dev.errata.api.resource.WorkerAffinity;
import dev.errata.api.resource.WorkerEnv;
import dev.errata.api.resource.WorkerToleration;
import dev.errata.api.resource.WorkerVolume;
import dev.errata.api.resource.Workers;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.EnvFromSourceBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.NodeSelectorTermBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.PreferredSchedulingTermBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The pods of workers: what they compute with, under Pod Security "restricted". */
final class WorkerTemplate {
  /** Where a worker finds the store. */
  static final String STORE = "/errata/store";

  /** Where a worker finds a checkpoint that lies in a claim of its own. */
  static final String SOURCE = "/errata/source";

  /** Where a worker finds the EditJob. */
  static final String JOB = "/errata/job";

  /** Where a worker finds the ConfigMap of its facts. */
  static final String FACTS = "/errata/facts";

  /** Where a worker finds the Secret of Kafka. */
  static final String KAFKA = "/errata/kafka";

  /** Where a worker writes its report. */
  static final String REPORT = "/dev/termination-log";

  static final String CONTAINER = "worker";

  private final Installation installation;
  private final Workers workers;
  private final StorePlace store;
  private final Set<String> environments = new LinkedHashSet<>();
  private final List<EnvVar> variables = new ArrayList<>();
  private final List<ContainerPort> ports = new ArrayList<>();
  private final List<Volume> volumes = new ArrayList<>();
  private final List<VolumeMount> mounts = new ArrayList<>();

  /**
   * Prepares.
   *
   * @param workers the override of a job; may be null
   * @param store of the Model
   */
  WorkerTemplate(Installation installation, Workers workers, StorePlace store) {
    this.installation = installation;
    this.store = store;
    this.workers =
        workers == null
            ? new Workers(null, null, null, null, null, null, null, null, null, null)
            : workers;
    volume(
        new VolumeBuilder()
            .withName("errata-store")
            .withNewPersistentVolumeClaim(store.claim(), false)
            .build(),
        STORE,
        false);
    volume(
        new VolumeBuilder().withName("errata-tmp").withNewEmptyDir().endEmptyDir().build(),
        "/tmp",
        false);
    if (store.secret() != null) {
      environments.add(store.secret());
    }
  }

  /** Gives the entries of a Secret to the worker's environment. */
  WorkerTemplate environment(String secret) {
    environments.add(secret);
    return this;
  }

  /** Gives the worker a variable; those of its job come after it. */
  WorkerTemplate variable(String name, String value) {
    variables.add(new EnvVar(name, value, null));
    return this;
  }

  /** Names the port at which the worker answers scrapes. */
  WorkerTemplate metrics(int port) {
    ports.add(
        new ContainerPortBuilder()
            .withName("metrics")
            .withContainerPort(port)
            .withProtocol("TCP")
            .build());
    return this;
  }

  /** Shows a claim to the worker, to be read only. */
  WorkerTemplate claim(String volume, String name, String path) {
    volume(
        new VolumeBuilder().withName(volume).withNewPersistentVolumeClaim(name, true).build(),
        path,
        true);
    return this;
  }

  /** Shows a ConfigMap to the worker. */
  WorkerTemplate configMap(String volume, String name, String path) {
    volume(
        new VolumeBuilder()
            .withName(volume)
            .withNewConfigMap()
            .withName(name)
            .endConfigMap()
            .build(),
        path,
        true);
    return this;
  }

  /** Shows a Secret to the worker, when there is one. */
  WorkerTemplate secret(String volume, String name, String path) {
    volume(
        new VolumeBuilder()
            .withName(volume)
            .withNewSecret()
            .withSecretName(name)
            .withOptional(true)
            .endSecret()
            .build(),
        path,
        true);
    return this;
  }

  private void volume(Volume volume, String path, boolean readOnly) {
    volumes.add(volume);
    mounts.add(
        new VolumeMountBuilder()
            .withName(volume.getName())
            .withMountPath(path)
            .withReadOnly(readOnly ? true : null)
            .build());
  }

  /** The template of pods that run the worker program. */
  PodTemplateSpec build(Map<String, String> labels, List<String> arguments) {
    List<WorkerVolume> more = workers.volumes() == null ? List.of() : workers.volumes();
    more.forEach(v -> volume(volume(v), v.mountPath(), !Boolean.FALSE.equals(v.readOnly())));
    return new PodTemplateSpecBuilder()
        .withNewMetadata()
        .withLabels(labels)
        .endMetadata()
        .withNewSpec()
        .withRestartPolicy("Never")
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withTerminationGracePeriodSeconds(30L)
        .withNodeSelector(workers.nodeSelector())
        .withTolerations(tolerations())
        .withAffinity(affinity())
        .withPriorityClassName(workers.priorityClassName())
        .withRuntimeClassName(workers.runtimeClassName())
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withFsGroup(installation.fsGroup())
        .withFsGroupChangePolicy(installation.fsGroup() == null ? null : "OnRootMismatch")
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .withVolumes(volumes)
        .addNewContainer()
        .withName(CONTAINER)
        .withImage(workers.image() == null ? installation.image() : workers.image())
        .withImagePullPolicy(installation.imagePullPolicy())
        .withArgs(arguments)
        .withPorts(ports)
        .withEnv(env())
        .withEnvFrom(
            environments.stream()
                .map(secret -> new EnvFromSourceBuilder().withNewSecretRef(secret, false).build())
                .toList())
        .withResources(resources())
        .withVolumeMounts(mounts)
        .withTerminationMessagePath(REPORT)
        .withTerminationMessagePolicy("FallbackToLogsOnError")
        .withNewSecurityContext()
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(true)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .endSecurityContext()
        .endContainer()
        .endSpec()
        .build();
  }

  /** Everything that a worker writes outside the store goes to its scratch folder. */
  private List<EnvVar> env() {
    List<EnvVar> env = new ArrayList<>();
    env.add(new EnvVar("HOME", "/tmp", null));
    env.add(new EnvVar("DJL_CACHE_DIR", "/tmp/djl", null));
    if (store.remote()) {
      // What the pods of a job leave for each other; a bucket holds what is published only.
      env.add(new EnvVar("XDG_CACHE_HOME", STORE, null));
    }
    env.addAll(variables);
    List<WorkerEnv> more = workers.env() == null ? List.of() : workers.env();
    for (WorkerEnv variable : more) {
      EnvVarBuilder builder = new EnvVarBuilder().withName(variable.name());
      env.add(
          variable.secret() == null
              ? builder.withValue(variable.value()).build()
              : builder
                  .withNewValueFrom()
                  .withNewSecretKeyRef(variable.secret().key(), variable.secret().name(), null)
                  .endValueFrom()
                  .build());
    }
    return env;
  }

  private static Volume volume(WorkerVolume volume) {
    VolumeBuilder builder = new VolumeBuilder().withName(volume.name());
    if (volume.claim() != null) {
      return builder.withNewPersistentVolumeClaim(volume.claim(), null).build();
    }
    if (volume.configMap() != null) {
      return builder.withNewConfigMap().withName(volume.configMap()).endConfigMap().build();
    }
    return builder.withNewSecret().withSecretName(volume.secret()).endSecret().build();
  }

  private ResourceRequirements resources() {
    if (workers.resources() == null) {
      return null;
    }
    return new ResourceRequirementsBuilder()
        .withRequests(workers.resources().requests())
        .withLimits(workers.resources().limits())
        .build();
  }

  private List<Toleration> tolerations() {
    List<WorkerToleration> wanted = workers.tolerations();
    if (wanted == null) {
      return List.of();
    }
    return wanted.stream()
        .map(
            t ->
                new TolerationBuilder()
                    .withKey(t.key())
                    .withOperator(t.operator() == null ? null : t.operator().name())
                    .withValue(t.value())
                    .withEffect(t.effect() == null ? null : t.effect().name())
                    .withTolerationSeconds(t.tolerationSeconds())
                    .build())
        .toList();
  }

  private Affinity affinity() {
    if (workers.affinity() == null) {
      return null;
    }
    WorkerAffinity.Node node = workers.affinity().nodeAffinity();
    var builder = new AffinityBuilder().withNewNodeAffinity();
    WorkerAffinity.Selector required = node.requiredDuringSchedulingIgnoredDuringExecution();
    if (required != null) {
      builder
          .withNewRequiredDuringSchedulingIgnoredDuringExecution()
          .withNodeSelectorTerms(
              required.nodeSelectorTerms().stream().map(WorkerTemplate::term).toList())
          .endRequiredDuringSchedulingIgnoredDuringExecution();
    }
    List<WorkerAffinity.Preferred> preferred =
        node.preferredDuringSchedulingIgnoredDuringExecution();
    if (preferred != null) {
      builder.withPreferredDuringSchedulingIgnoredDuringExecution(
          preferred.stream()
              .map(
                  p ->
                      new PreferredSchedulingTermBuilder()
                          .withWeight(p.weight())
                          .withPreference(term(p.preference()))
                          .build())
              .toList());
    }
    return builder.endNodeAffinity().build();
  }

  private static NodeSelectorTerm term(WorkerAffinity.Term term) {
    NodeSelectorTermBuilder builder = new NodeSelectorTermBuilder();
    for (WorkerAffinity.Expression e : term.matchExpressions()) {
      builder
          .addNewMatchExpression()
          .withKey(e.key())
          .withOperator(e.operator().name())
          .withValues(e.values())
          .endMatchExpression();
    }
    return builder.build();
  }
}
