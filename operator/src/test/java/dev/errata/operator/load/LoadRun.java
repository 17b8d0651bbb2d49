package dev.errata.operator.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.operator.cluster.PodPlayer;
import dev.errata.operator.cluster.RealCluster;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * The load harness: many EditJobs on a real API server with its real controllers; only pods are
 * played. Its name keeps it out of {@code mvn verify}; {@code operator/load} runs it.
 */
final class LoadRun {
  private static final int PROBES = 30;
  private static final Duration LONG = Duration.ofMinutes(30);
  private static final String LEASE = "errata-operator";

  private static final double MARGIN = Double.parseDouble(System.getProperty("load.margin", "1"));

  private final int count = Integer.getInteger("load.jobs", 200);
  private final int models = Integer.getInteger("load.models", 20);
  private final int ended = Integer.getInteger("load.ended", 0);
  private final int idleSeconds = Integer.getInteger("load.idle", 60);
  private final RealCluster cluster = RealCluster.get();
  private final KubernetesClient client = cluster.admin();
  private final String namespace = cluster.namespace("load");
  private final Path log;
  private final Figures figures = new Figures(MARGIN);
  private final Recorder recorder = new Recorder(client, namespace);
  private final Generator generator = new Generator(client, namespace);
  private int probes;

  LoadRun() throws IOException {
    this.log = Files.createTempFile("errata-operator", ".log");
  }

  /** Everything, one after the other. */
  @Test
  void load() throws IOException {
    run();
    assertThat(figures.missed()).isEmpty();
  }

  private void run() throws IOException {
    System.out.println(count + " EditJobs of " + models + " Models; the operator's log is " + log);
    generator.models("probe-", PROBES + 4);
    generator.models("m-", models);
    generator.ended("ended-", ended, "m-", models);
    long from = System.nanoTime();
    OperatorProcess operator = start("one");
    try {
      probe();
      figures.tell(
          "start with " + ended + " ended EditJobs to a child Job",
          (System.nanoTime() - from) / 1e9,
          60,
          "s");
      unloaded();
      burst();
      wholeLives();
      idle();
      figures.tell("peak memory with them", (double) operator.peakMebibytes(), 512, "MiB");
      operator.kill();
      operator = restart();
      operator = failover(operator);
      deletion();
    } finally {
      operator.close();
      recorder.close();
      generator.close();
    }
  }

  private OperatorProcess start(String identity) throws IOException {
    return OperatorProcess.start(cluster.kubeconfig(), log, identity, namespace);
  }

  /** Seconds until a job that may begin has its child Job. */
  private double probe() {
    String name = "probe-" + probes++;
    long from = System.nanoTime();
    generator.job(name, name);
    await(() -> recorder.begun.containsKey(name));
    return (recorder.begun.get(name) - from) / 1e9;
  }

  private void unloaded() {
    List<Double> seconds = IntStream.range(1, PROBES).mapToObj(n -> probe()).toList();
    figures.tell("unloaded: create to child Job, median", Figures.percentile(seconds, 0.5), 1, "s");
    figures.tell("unloaded: create to child Job, p99", Figures.percentile(seconds, 0.99), 1, "s");
  }

  private void burst() {
    long from = System.nanoTime();
    generator.jobs("job-", count, "m-", models);
    double applied = (System.nanoTime() - from) / 1e9;
    await(() -> recorder.begun.size() >= probes + Math.min(count, models));
    double last =
        recorder.begun.entrySet().stream()
            .filter(e -> e.getKey().startsWith("job-"))
            .mapToDouble(e -> (e.getValue() - from) / 1e9)
            .max()
            .orElseThrow();
    System.out.printf(Locale.ROOT, "all applied after %.1f s%n", applied);
    figures.tell("every job that may start has its child Job", last, 30, "s");
  }

  /** All of them to their ends, with pods that end well at once. */
  private void wholeLives() {
    long from = System.nanoTime();
    double seconds;
    try (PodPlayer pods = new PodPlayer(client)) {
      await(() -> recorder.ended.size() >= count + probes + ended);
      seconds = (System.nanoTime() - from) / 1e9;
      // Pods list the last versions for the registry; nothing of that is left over.
      await(recorder::allListed);
    }
    System.out.printf(
        Locale.ROOT, "all jobs have ended after %.1f s, %.1f a second%n", seconds, count / seconds);
    List<Double> writes = new ArrayList<>();
    recorder.writes.forEach(
        (name, times) -> {
          if (name.startsWith("job-")) {
            writes.add((double) times.get());
          }
        });
    figures.tell("status writes of a job, mean", mean(writes), 8, "");
    // A write that meets a conflict is done again.
    figures.tell("status writes of a job, most", Figures.percentile(writes, 1), 7 + MARGIN, "");
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(v -> v).average().orElseThrow();
  }

  private void idle() {
    // Controllers tidy up behind the last job; idle is what comes after that.
    settle();
    double before = recorder.allWrites();
    Awaitility.await()
        .pollDelay(Duration.ofSeconds(idleSeconds))
        .atMost(Duration.ofSeconds(idleSeconds + 60L))
        .until(() -> true);
    figures.tell(
        "writes in " + idleSeconds + " idle seconds", recorder.allWrites() - before, 0, "");
  }

  private void settle() {
    double[] last = {-1};
    Awaitility.await()
        .atMost(LONG)
        .pollInterval(Duration.ofSeconds(10))
        .until(
            () -> {
              double now = recorder.allWrites();
              boolean quiet = now == last[0];
              last[0] = now;
              return quiet;
            });
  }

  private OperatorProcess restart() throws IOException {
    // Without its lease, which it has not given back: failover is measured apart.
    client.leases().inNamespace(namespace).withName(LEASE).delete();
    long from = System.nanoTime();
    OperatorProcess operator = start("two");
    probe();
    figures.tell("restart to the first child Job", (System.nanoTime() - from) / 1e9, 60, "s");
    return operator;
  }

  private OperatorProcess failover(OperatorProcess leader) throws IOException {
    OperatorProcess other = start("three");
    settle();
    long from = System.nanoTime();
    leader.kill();
    probe();
    figures.tell("leader killed to the next child Job", (System.nanoTime() - from) / 1e9, 20, "s");
    return other;
  }

  private void deletion() {
    long from = System.nanoTime();
    client.resources(EditJob.class).inNamespace(namespace).delete();
    await(() -> recorder.left() == 0);
    double most = 30.0 * Math.max(1, (count + ended) / 1000);
    figures.tell("all deleted, with their Jobs", (System.nanoTime() - from) / 1e9, most, "s");
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await()
        .dontCatchUncaughtExceptions()
        .atMost(LONG)
        .pollInterval(Duration.ofMillis(20))
        .until(condition);
  }
}
