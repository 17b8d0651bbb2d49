package dev.errata.worker;

import dev.errata.api.event.KafkaAccess;
import dev.errata.worker.watch.JobEnd;
import dev.errata.worker.watch.KafkaWatch;
import dev.errata.worker.watch.StatusWatch;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code errata watch}. */
@Command(
    name = "watch",
    description = {
      "Shows how far a job is until it ends: with --kafka what its workers tell, without what its"
          + " status says, through $$KUBECONFIG.",
      "With --kafka a status is looked at too where there is one: what was lost on the way to Kafka is"
          + " told there only."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the version is published, or there was nothing to edit",
      "1:the job has failed, or nothing is heard of it any more",
      "2:there is no such job, or Kafka or the API server do not answer or refuse",
      "3:a gate was missed; the version is stored as Rejected"
    })
final class WatchCommand extends Reporting {
  private static final String DEFAULT = "default";
  private static final int ANSWER_MILLIS = 5_000;
  private static final int RETRIES = 3;

  @Parameters(paramLabel = "NAME", description = "The EditJob.")
  private String job;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      description = "Its namespace (default: that of the kubeconfig; with --kafka: default).")
  private String namespace;

  @Option(
      names = "--kafka",
      paramLabel = "HOST:PORT,…",
      description = "Brokers of the Kafka cluster that workers tell (default: the status alone).")
  private String kafka;

  @Option(
      names = "--kafka-config",
      paramLabel = "FILE",
      description = "Properties security.*, sasl.* and ssl.* of a Kafka client.")
  private Path config;

  @Override
  public Integer call() {
    JobEnd end = kafka == null ? byStatus() : byKafka(KafkaAccess.of(kafka, config));
    report(end, out -> out.println(end.state() + ": " + end.message()));
    return switch (end.state()) {
      case JobEnd.REJECTED -> ExitCode.GATE;
      case JobEnd.FAILED, JobEnd.UNKNOWN -> ExitCode.FAULT;
      default -> ExitCode.DONE;
    };
  }

  private JobEnd byKafka(KafkaAccess access) {
    Config cluster = cluster();
    boolean known = cluster.getCurrentContext() != null;
    String in = namespace == null ? DEFAULT : namespace;
    try (KubernetesClient client = known ? client(cluster, 0) : null;
        TerminalProgress progress = progress().joining()) {
      StatusWatch status = new StatusWatch(in, job, progress);
      return new KafkaWatch(
              access,
              in,
              job,
              progress,
              uid -> known ? status.end(client, uid) : Optional.empty(),
              Clock.systemUTC())
          .run();
    }
  }

  private JobEnd byStatus() {
    Config cluster = cluster();
    String in = namespace == null ? cluster.getNamespace() : namespace;
    try (KubernetesClient client = client(cluster, RETRIES);
        TerminalProgress progress = progress().joining()) {
      return new StatusWatch(in == null ? DEFAULT : in, job, progress).run(client);
    }
  }

  private static Config cluster() {
    return Config.autoConfigure(null);
  }

  /** Who waits at a terminal is told soon that nobody answers. */
  private static KubernetesClient client(Config config, int retries) {
    config.setRequestRetryBackoffLimit(retries);
    config.setConnectionTimeout(ANSWER_MILLIS);
    config.setRequestTimeout(ANSWER_MILLIS);
    return new KubernetesClientBuilder().withConfig(config).build();
  }
}
