package dev.errata.operator.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import dev.errata.operator.cluster.PodPlayer.End;
import dev.errata.operator.manifest.JobManifest;
import dev.errata.operator.manifest.Labels;
import dev.errata.operator.manifest.Names;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Runs in a process of its own what the pods of the operator are told to run, on this machine. */
public final class WorkerProgram implements AutoCloseable {
  private static final Path BUILT = Path.of("../worker/target").toAbsolutePath().normalize();

  private final KubernetesClient client;
  private final Path folder;
  private final List<Process> watches = new ArrayList<>();

  /**
   * Prepares.
   *
   * @param folder of the store and of what pods are given
   */
  public WorkerProgram(KubernetesClient client, Path folder) {
    this.client = client;
    this.folder = folder;
  }

  /** Whether the program is there: Maven builds worker and operator before this module. */
  public static boolean built() {
    return Files.exists(BUILT.resolve("classpath"))
        && Files.exists(BUILT.resolve("errata-worker.jar"));
  }

  /** Skips the test that asks where it is not; with {@code ERRATA_CLUSTER=required} it fails. */
  static void require() {
    String missing = "no worker program: mvn package builds worker and operator";
    if (!built() && "required".equals(System.getenv("ERRATA_CLUSTER"))) {
      throw new IllegalStateException(missing);
    }
    Assumptions.assumeTrue(built(), missing);
  }

  /** Where pods find the store. */
  Path store() {
    return folder.resolve("store");
  }

  /** What its containers have said. */
  Path log() {
    return folder.resolve("workers.log");
  }

  /**
   * Begins to watch a job as a person does.
   *
   * @param told receives what is shown
   */
  public Process watch(Path kubeconfig, Path told, String... arguments) throws IOException {
    List<String> command = program();
    command.add("watch");
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    Process process = builder.redirectErrorStream(true).redirectOutput(told.toFile()).start();
    process.getOutputStream().close();
    watches.add(process);
    return process;
  }

  /** Ends what still watches. */
  @Override
  public void close() {
    watches.forEach(Process::destroyForcibly);
  }

  private static List<String> program() throws IOException {
    List<String> command = new ArrayList<>(List.of("java", "-Xmx1g"));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dai.djl.offline=true"));
    command.add("-cp");
    command.add(
        BUILT.resolve("errata-worker.jar")
            + File.pathSeparator
            + Files.readString(BUILT.resolve("classpath")).strip());
    command.add("dev.errata.worker.Errata");
    return command;
  }

  /**
   * Runs the program as a person does on a laptop.
   *
   * @param home of what it keeps beside its store
   * @return its exit code
   */
  int laptop(Path home, String... arguments) throws IOException, InterruptedException {
    List<String> command = program();
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("XDG_CACHE_HOME", home.toString());
    builder.environment().put("OMP_WAIT_POLICY", "PASSIVE");
    builder.redirectErrorStream(true).redirectOutput(Redirect.appendTo(log().toFile()));
    Process process = builder.start();
    process.getOutputStream().close();
    return process.waitFor();
  }

  /** Runs the container of a pod to its end. */
  End run(Pod pod) {
    try {
      Path report = Files.createTempFile(folder, "termination", ".log");
      Path said = Files.createTempFile(folder, "container", ".log");
      Process process = start(pod, report, said);
      if (!process.waitFor(5, TimeUnit.MINUTES)) {
        process.destroyForcibly();
      }
      int code = process.waitFor();
      String log = Files.readString(said);
      Files.writeString(log(), log, CREATE, APPEND);
      return End.of(code, Files.readString(report), log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private Process start(Pod pod, Path report, Path said) throws IOException {
    List<String> command = program();
    Path job = job(pod);
    for (String argument : pod.getSpec().getContainers().get(0).getArgs()) {
      command.add(
          argument
              .replace("/errata/store", store().toString())
              .replace("/errata/job", job.toString())
              .replace("/dev/termination-log", report.toString()));
    }
    ProcessBuilder builder = new ProcessBuilder(command);
    for (EnvVar variable : pod.getSpec().getContainers().get(0).getEnv()) {
      // Folders of a container are none of this machine, and what a kubelet looks up is not played.
      if (variable.getValue() != null && !variable.getValue().startsWith("/")) {
        builder.environment().put(variable.getName(), variable.getValue());
      }
    }
    builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    builder.environment().put("OMP_WAIT_POLICY", "PASSIVE");
    Map<String, String> annotations = pod.getMetadata().getAnnotations();
    String index = annotations.get("batch.kubernetes.io/job-completion-index");
    builder.environment().put("JOB_COMPLETION_INDEX", index);
    builder.redirectErrorStream(true).redirectOutput(said.toFile());
    Process process = builder.start();
    process.getOutputStream().close();
    return process;
  }

  /** The folder that the ConfigMap of an EditJob would be mounted at. */
  private Path job(Pod pod) throws IOException {
    Path mounted = Files.createTempDirectory(folder, "job");
    String editJob = pod.getMetadata().getLabels().get(Labels.EDIT_JOB);
    if (editJob != null) {
      var manifest =
          client
              .configMaps()
              .inNamespace(pod.getMetadata().getNamespace())
              .withName(Names.manifest(editJob))
              .get();
      Files.write(
          mounted.resolve(JobManifest.FILE),
          Base64.getDecoder()
              .decode(manifest.getBinaryData().get(JobManifest.FILE).getBytes(UTF_8)));
    }
    return mounted;
  }
}
