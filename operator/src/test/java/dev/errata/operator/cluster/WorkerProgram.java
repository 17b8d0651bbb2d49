package dev.errata.operator.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.errata.operator.cluster.PodPlayer.End;
import dev.errata.operator.manifest.JobManifest;
import dev.errata.operator.manifest.Labels;
import dev.errata.operator.manifest.Names;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

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

  /** Whether the program is there: Maven builds the worker before the operator. */
  public static boolean built() {
    return Files.exists(BUILT.resolve("classpath"))
        && Files.exists(BUILT.resolve("errata-worker.jar"));
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
    List<String> command = new ArrayList<>(List.of("java", "-Xmx1g", "-Dai.djl.offline=true"));
    command.add("-cp");
    command.add(
        BUILT.resolve("errata-worker.jar")
            + File.pathSeparator
            + Files.readString(BUILT.resolve("classpath")).strip());
    command.add("dev.errata.worker.Errata");
    return command;
  }

  /** Runs the container of a pod to its end. */
  End run(Pod pod) {
    try {
      Path report = Files.createTempFile(folder, "termination", ".log");
      Process process = start(pod, report);
      if (!process.waitFor(5, TimeUnit.MINUTES)) {
        process.destroyForcibly();
      }
      return End.of(process.waitFor(), Files.readString(report));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private Process start(Pod pod, Path report) throws IOException {
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
    builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    builder.environment().put("OMP_WAIT_POLICY", "PASSIVE");
    builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
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
