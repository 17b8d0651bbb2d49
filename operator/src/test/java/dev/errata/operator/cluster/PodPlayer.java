package dev.errata.operator.cluster;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.errata.api.WorkerReport;
import dev.errata.api.listing.ListedFact;
import dev.errata.api.listing.ListedVersion;
import dev.errata.api.listing.ListingWriter;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.Stage;
import dev.errata.operator.manifest.Labels;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * Plays the kubelet and the worker: pods of the operator begin, run and end at once, as a test
 * wishes. The Jobs around them are run by the real Job controller.
 */
public final class PodPlayer implements AutoCloseable {
  /**
   * What becomes of a pod, status by status.
   *
   * @param log what its container says
   */
  record End(List<PodStatus> statuses, String log) {
    /** It runs on. */
    static final End RUNS = new End(List.of(running()));

    End(List<PodStatus> statuses) {
      this(statuses, "");
    }

    /** It runs and ends. */
    static End of(int code, String message) {
      return of(code, message, "");
    }

    /** It runs, says something and ends. */
    static End of(int code, String message, String log) {
      return new End(List.of(running(), ended(code, message)), log);
    }

    /** Its container cannot start. */
    static End waits(String reason, String message) {
      return new End(
          List.of(
              new PodStatusBuilder()
                  .withPhase("Pending")
                  .withContainerStatuses(
                      container().withNewState().withNewWaiting(message, reason).endState().build())
                  .build()));
    }

    /** No node takes it. */
    static End unschedulable(String message) {
      return new End(
          List.of(
              new PodStatusBuilder()
                  .withPhase("Pending")
                  .addNewCondition()
                  .withType("PodScheduled")
                  .withStatus("False")
                  .withReason("Unschedulable")
                  .withMessage(message)
                  .endCondition()
                  .build()));
    }

    /** Its node is drained while it runs. */
    static End disrupted() {
      return new End(
          List.of(
              running(),
              new PodStatusBuilder(ended(137, ""))
                  .addNewCondition()
                  .withType("DisruptionTarget")
                  .withStatus("True")
                  .withReason("EvictionByEvictionAPI")
                  .endCondition()
                  .build()));
    }
  }

  private final KubernetesClient client;
  private final SharedIndexInformer<Pod> informer;
  private final ExecutorService pool = Executors.newFixedThreadPool(4);
  private final Set<String> played = ConcurrentHashMap.newKeySet();
  private final Map<String, Function<Pod, End>> scripts = new ConcurrentHashMap<>();
  private final Map<String, Integer> versions = new ConcurrentHashMap<>();
  private final Map<String, Function<String, List<ListedFact>>> facts = new ConcurrentHashMap<>();
  private final PlayedNode node;

  /** Plays from now on, also what is there, in all namespaces. */
  public PodPlayer(KubernetesClient client) {
    this(client, client.pods().inAnyNamespace(), Map.of());
  }

  /**
   * Plays from now on, also what is there, in all namespaces.
   *
   * @param versions the facts of the versions of a namespace: see {@link #facts}
   */
  public PodPlayer(
      KubernetesClient client, String namespace, Function<String, List<ListedFact>> versions) {
    this(client, client.pods().inAnyNamespace(), Map.of(namespace, versions));
  }

  /** Plays from now on, also what is there, in one namespace: others may play beside. */
  public PodPlayer(KubernetesClient client, String namespace) {
    this(client, client.pods().inNamespace(namespace), Map.of());
  }

  private PodPlayer(
      KubernetesClient client,
      FilterWatchListDeletable<Pod, PodList, PodResource> pods,
      Map<String, Function<String, List<ListedFact>>> versions) {
    this.client = client;
    facts.putAll(versions);
    this.node = PlayedNode.of(client);
    this.informer =
        pods.withLabel(Labels.MANAGED_BY, Labels.OPERATOR)
            .inform(
                new ResourceEventHandler<>() {
                  @Override
                  public void onAdd(Pod pod) {
                    pool.execute(() -> play(pod));
                  }

                  @Override
                  public void onUpdate(Pod old, Pod pod) {}

                  @Override
                  public void onDelete(Pod pod, boolean unknown) {}
                });
  }

  /** How the pods of an EditJob or Model end from now on. */
  void script(String namespace, String owner, Function<Pod, End> script) {
    scripts.put(namespace + "/" + owner, script);
  }

  /** The facts of the versions of a namespace, by names such as {@code v1}, as pods list them. */
  void facts(String namespace, Function<String, List<ListedFact>> versions) {
    facts.put(namespace, versions);
  }

  private void play(Pod pod) {
    boolean begun =
        pod.getStatus() != null
            && pod.getStatus().getPhase() != null
            && !pod.getStatus().getPhase().equals("Pending");
    // Those of other players, earlier ones.
    if (begun
        || pod.getMetadata().getDeletionTimestamp() != null
        || !played.add(pod.getMetadata().getUid())) {
      return;
    }
    Map<String, String> labels = pod.getMetadata().getLabels();
    String owner =
        labels.getOrDefault(
            Labels.EDIT_JOB, labels.getOrDefault(Labels.MODEL, labels.get(Labels.LISTS)));
    String namespace = pod.getMetadata().getNamespace();
    act(pod, scripts.getOrDefault(namespace + "/" + owner, this::wellDone).apply(pod));
  }

  /** Lets the pods of an EditJob that run become what the script says now. */
  void goOn(String namespace, String editJob) {
    client
        .pods()
        .inNamespace(namespace)
        .withLabel(Labels.EDIT_JOB, editJob)
        .list()
        .getItems()
        .stream()
        .filter(pod -> pod.getStatus().getPhase().equals("Running"))
        .forEach(pod -> act(pod, scripts.get(namespace + "/" + editJob).apply(pod)));
  }

  private void act(Pod pod, End end) {
    if (end == null) {
      return;
    }
    try {
      if (pod.getMetadata().getLabels().containsKey(Labels.LISTS)) {
        node.takes(pod, end.log());
      }
      end.statuses().forEach(status -> write(pod, status));
    } catch (KubernetesClientException e) {
      // The pod may be gone by now, as those of a deleted job are.
      if (e.getCode() != 404 && e.getCode() != 409) {
        throw e;
      }
    }
  }

  /** Lets a pod end well that was left running. */
  void end(Pod pod) {
    wellDone(pod).statuses().forEach(status -> write(pod, status));
  }

  private void write(Pod pod, PodStatus status) {
    client
        .pods()
        .inNamespace(pod.getMetadata().getNamespace())
        .withName(pod.getMetadata().getName())
        .editStatus(now -> new PodBuilder(now).withStatus(status).build());
  }

  private static ContainerStatusBuilder container() {
    return new ContainerStatusBuilder()
        .withName("worker")
        .withImage("worker")
        .withImageID("")
        .withRestartCount(0)
        .withReady(false);
  }

  private static PodStatus running() {
    return new PodStatusBuilder()
        .withPhase("Running")
        .withContainerStatuses(
            container()
                .withReady(true)
                .withStarted(true)
                .withNewState()
                .withNewRunning()
                .endRunning()
                .endState()
                .build())
        .build();
  }

  private static PodStatus ended(int code, String message) {
    return new PodStatusBuilder()
        .withPhase(code == 0 ? "Succeeded" : "Failed")
        .withContainerStatuses(
            container()
                .withNewState()
                .withNewTerminated()
                .withExitCode(code)
                .withMessage(message)
                .endTerminated()
                .endState()
                .build())
        .build();
  }

  /** What the worker program reports when all goes well. */
  End wellDone(Pod pod) {
    Map<String, String> labels = pod.getMetadata().getLabels();
    if (labels.containsKey(Labels.LISTS)) {
      return listing(pod);
    }
    String model = pod.getMetadata().getNamespace() + "/" + labels.get(Labels.MODEL);
    List<String> args = pod.getSpec().getContainers().get(0).getArgs();
    if (labels.containsKey(Labels.TASK)) {
      boolean promote = args.contains("promote");
      String version = promote ? args.get(args.indexOf("--version") + 1) : "v0";
      return told(
          new WorkerReport(
              promote ? null : Stage.Import,
              "Published",
              null,
              version,
              null,
              version,
              promote ? "v" + versions.get(model) : version,
              "sha256:" + version,
              100L,
              null,
              null,
              null,
              null,
              promote ? null : "Qwen3",
              promote ? null : 123L));
    }
    Stage stage = Stage.valueOf(labels.get(Labels.STAGE));
    String base = args.get(args.indexOf("--base") + 1);
    FactCounts facts = new FactCounts(1, null, null, null);
    if (stage == Stage.Statistics) {
      return told(
          new WorkerReport(
              stage, null, null, null, null, null, null, null, null, null, facts, null, null, null,
              null));
    }
    if (stage != Stage.Publish) {
      return told(WorkerReport.done(stage));
    }
    String version = "v" + versions.merge(model, 1, Integer::sum);
    return told(
        new WorkerReport(
            stage,
            "Published",
            null,
            version,
            base,
            version,
            version,
            "sha256:" + version,
            100L,
            "MEMIT",
            new FactCounts(1, 1, 0, 0),
            Map.of("efficacy", 0.0),
            Map.of("efficacy", 1.0),
            null,
            null));
  }

  /** What the worker program says of versions that this player has published. */
  private End listing(Pod pod) {
    List<String> args = pod.getSpec().getContainers().get(0).getArgs();
    Map<String, String> annotations = pod.getMetadata().getAnnotations();
    String index = annotations.get("batch.kubernetes.io/job-completion-index");
    ListingWriter writer = new ListingWriter(Integer.parseInt(index));
    var known = facts.getOrDefault(pod.getMetadata().getNamespace(), version -> List.of());
    for (String version : args.get(args.indexOf("--versions") + 1).split(",", -1)) {
      writer.version(
          new ListedVersion(version, null, "sha256:" + version, "2026-11-21T00:00:00Z", List.of()));
      writer.tensor(JsonNodeFactory.instance.objectNode().put("tensor", "t"));
      known.apply(version).forEach(writer::fact);
      writer.end();
    }
    StringWriter log = new StringWriter();
    writer.finish(new PrintWriter(log));
    return End.of(0, "", log.toString());
  }

  private static End told(WorkerReport report) {
    return End.of(0, report.json());
  }

  @Override
  public void close() {
    informer.stop();
    pool.shutdownNow();
  }
}
