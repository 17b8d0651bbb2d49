package dev.errata.worker;

import dev.errata.api.event.KafkaAccess;
import dev.errata.api.resource.ProgressTarget;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where progress is told or heard. */
final class KafkaOption {
  @Option(
      names = "--kafka",
      paramLabel = "HOST:PORT,…",
      description = "Brokers of the Kafka cluster that hears of progress (default: spec.progress).")
  private String bootstrap;

  @Option(
      names = "--kafka-config",
      paramLabel = "FILE",
      description = "Properties security.*, sasl.* and ssl.* of a Kafka client.")
  private Path config;

  /**
   * Where it is.
   *
   * @param target what a manifest says; may be null
   * @throws dev.errata.api.InputException when the options are no access to Kafka
   */
  Optional<KafkaAccess> access(ProgressTarget target) {
    String brokers =
        bootstrap != null ? bootstrap : target == null ? null : target.bootstrapServers();
    return brokers == null ? Optional.empty() : Optional.of(KafkaAccess.of(brokers, config));
  }
}
