package dev.errata.operator.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The system under load: the operator as its image runs it, in a process of its own. */
public final class OperatorProcess implements AutoCloseable {
  private static final Path PROGRAM = Path.of("target/quarkus-app/quarkus-run.jar");

  /** The chart's java options; the heap is the chart's share of its memory limit, 512 MiB. */
  private static final String[] JAVA = {
    "java", "-XX:+UseSerialGC", "-Xmx281m", "-XX:TieredStopAtLevel=1", "-Xss512k"
  };

  private final Process process;

  private OperatorProcess(Process process) {
    this.process = process;
  }

  /**
   * Starts one.
   *
   * @param identity its name in the election; null for no election
   * @param namespace of the lease
   */
  static OperatorProcess start(Path kubeconfig, Path log, String identity, String namespace)
      throws IOException {
    return identity == null
        ? start(kubeconfig, log, Map.of())
        : start(
            kubeconfig,
            log,
            Map.of(
                "ERRATA_ELECTION_ENABLED",
                "true",
                "ERRATA_ELECTION_NAMESPACE",
                namespace,
                "HOSTNAME",
                identity));
  }

  /**
   * Starts one that needs no election.
   *
   * @param settings more of its environment
   */
  public static OperatorProcess start(Path kubeconfig, Path log, Map<String, String> settings)
      throws IOException {
    if (!Files.exists(PROGRAM)) {
      throw new IllegalStateException(PROGRAM + " is missing: mvn -pl operator -am package");
    }
    ProcessBuilder builder = new ProcessBuilder(JAVA);
    builder.command().addAll(List.of("-jar", PROGRAM.toString()));
    builder.environment().put("MALLOC_ARENA_MAX", "2");
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    builder.environment().put("QUARKUS_HTTP_PORT", "0");
    builder.environment().put("QUARKUS_MANAGEMENT_PORT", "0");
    builder.environment().put("ERRATA_REGISTRY_DATABASE_URL", "jdbc:h2:file:" + registry());
    builder.environment().putAll(settings);
    builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    Process process = builder.start();
    process.getOutputStream().close();
    return new OperatorProcess(process);
  }

  /** Its registry is its own, as a pod's is. */
  private static String registry() throws IOException {
    Path folder = Files.createTempDirectory("errata-registry");
    folder.toFile().deleteOnExit();
    for (String file : List.of("registry.mv.db", "registry.trace.db")) {
      folder.resolve(file).toFile().deleteOnExit();
    }
    return folder.resolve("registry") + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE";
  }

  /** Whether it runs. */
  public boolean alive() {
    return process.isAlive();
  }

  /** The most memory it has had, in MiB. */
  long peakMebibytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"), UTF_8)) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
      }
    }
    throw new IllegalStateException("the operator has ended");
  }

  /** Ends it as a crash does. */
  void kill() {
    process.destroyForcibly();
    join();
  }

  private void join() {
    try {
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }

  @Override
  public void close() {
    process.destroy();
    join();
  }
}
