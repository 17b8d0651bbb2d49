package dev.errata.operator;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** Settings of an installation; {@code errata.worker.image} is {@code ERRATA_WORKER_IMAGE}. */
@ConfigMapping(prefix = "errata")
public interface OperatorSettings {
  /** Whether the operator runs; tests of the program itself have no cluster. */
  @WithDefault("true")
  boolean enabled();

  /** Namespaces to watch; absent: all. */
  Optional<Set<String>> namespaces();

  /** What workers are. */
  Worker worker();

  /** Where versions are kept. */
  Store store();

  /** Which of several operators acts. */
  Election election();

  /** Where workers tell how far they are. */
  Kafka kafka();

  /** Where traces go. */
  Tracing tracing();

  /** Where traces go. */
  interface Tracing {
    /** An OpenTelemetry collector, OTLP over HTTP, such as http://collector:4318; absent: none. */
    Optional<String> endpoint();
  }

  /** Where workers tell how far they are. */
  interface Kafka {
    /** Brokers, HOST:PORT, separated by commas; absent: without Kafka. */
    Optional<String> bootstrap();

    /**
     * Properties {@code security.*}, {@code sasl.*} and {@code ssl.*} of the operator's clients.
     */
    Optional<Path> config();

    /**
     * Secret in the namespaces of EditJobs that holds the same for workers under {@code
     * client.properties}.
     */
    Optional<String> secret();

    /** Whether the operator makes topics that are missing. */
    @WithDefault("true")
    boolean makeTopics();

    /** Name under which Kafka remembers what this operator has heard; one for each operator. */
    @WithDefault("errata-operator-${HOSTNAME:local}")
    String group();
  }

  /** What workers are. */
  interface Worker {
    /** Their image. */
    @WithDefault("errata/worker:latest")
    String image();

    /** When it is pulled; absent: what its tag implies. */
    Optional<String> imagePullPolicy();

    /** Group that volumes are given to; absent: left to the cluster. */
    OptionalLong fsGroup();

    /** Port at which pods of stages answer scrapes; absent: they open none. */
    OptionalInt metricsPort();
  }

  /** Where versions are kept. */
  interface Store {
    /** PersistentVolumeClaim in the namespace of a Model that names none. */
    @WithDefault("errata-store")
    String claim();

    /** Bucket and prefix, {@code s3://…}, of the stores of all namespaces; absent: claims. */
    Optional<String> uri();

    /** Secret in the namespace of a Model whose entries reach the bucket, as environment. */
    Optional<String> secret();
  }

  /** Which of several operators acts. */
  interface Election {
    /** Whether they elect a leader. */
    @WithDefault("false")
    boolean enabled();

    /** Name of the Lease. */
    @WithDefault("errata-operator")
    String lease();

    /** Namespace of the Lease; absent: that of the operator. */
    Optional<String> namespace();
  }
}
