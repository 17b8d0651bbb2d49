package dev.errata.operator;

import dev.errata.api.InputException;
import dev.errata.api.event.FailureEvent;
import dev.errata.api.event.KafkaAccess;
import dev.errata.operator.assembly.Assembly;
import dev.errata.operator.assembly.Leadership;
import dev.errata.operator.manifest.Installation;
import dev.errata.operator.meters.OperatorMeters;
import dev.errata.operator.progress.FailureSender;
import dev.errata.operator.progress.Hearing;
import dev.errata.operator.progress.ProgressSource;
import dev.errata.tracing.EndedSpan;
import dev.errata.tracing.Tracing;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.util.Set;
import java.util.function.Consumer;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.jboss.logging.Logger;

/** Starts and stops the operator with the program. */
@ApplicationScoped
@Liveness
public class OperatorRuntime implements HealthCheck {
  private static final Logger LOG = Logger.getLogger(OperatorRuntime.class);

  private final KubernetesClient client;
  private final OperatorSettings settings;
  private final Installation installation;
  private final OperatorMeters meters;
  private volatile boolean stopping;
  private Operator operator;
  private Hearing hearing;
  private FailureSender failures;
  private Tracing tracing;

  OperatorRuntime(
      KubernetesClient client,
      OperatorSettings settings,
      Installation installation,
      MeterRegistry registry) {
    this.client = client;
    this.settings = settings;
    this.installation = installation;
    this.meters = new OperatorMeters(registry, client, Clock.systemUTC());
  }

  void start(@Observes StartupEvent event) {
    if (!settings.enabled()) {
      return;
    }
    try {
      operator =
          Assembly.operator(
              client,
              installation,
              settings.namespaces().orElse(Set.of()),
              election(),
              Clock.systemUTC(),
              hear(),
              tellFailures(),
              trace(),
              meters);
      operator.start();
      meters.start();
      if (!settings.election().enabled()) {
        meters.leads();
      }
      LOG.info("Watching EditJobs and Models");
    } catch (IllegalStateException | InputException | KubernetesClientException e) {
      Throwable cause = e;
      while (cause.getCause() != null && cause.getCause() != cause) {
        cause = cause.getCause();
      }
      String more = cause == e ? "" : " (" + cause.getMessage() + ")";
      LOG.fatal("Cannot start: " + e.getMessage() + more);
      LOG.debug("Cannot start", e);
      Quarkus.asyncExit(1);
    }
  }

  private ProgressSource hear() {
    OperatorSettings.Kafka kafka = settings.kafka();
    if (kafka.bootstrap().isEmpty()) {
      return ProgressSource.NONE;
    }
    KafkaAccess access = access(kafka);
    hearing = Hearing.open(access, kafka.group(), kafka.makeTopics(), Clock.systemUTC());
    meters.listen(hearing);
    return hearing;
  }

  private Consumer<FailureEvent> tellFailures() {
    if (settings.kafka().bootstrap().isEmpty()) {
      return failure -> {};
    }
    failures = FailureSender.open(access(settings.kafka()), Clock.systemUTC());
    return failures;
  }

  private static KafkaAccess access(OperatorSettings.Kafka kafka) {
    return KafkaAccess.of(kafka.bootstrap().get(), kafka.config().orElse(null));
  }

  private Consumer<EndedSpan> trace() {
    if (settings.tracing().endpoint().isEmpty()) {
      return span -> {};
    }
    tracing = Tracing.to(settings.tracing().endpoint().get(), "errata-operator");
    return tracing::ended;
  }

  private LeaderElectionConfiguration election() {
    if (!settings.election().enabled()) {
      return null;
    }
    return Leadership.of(
        settings.election().lease(),
        settings.election().namespace().orElse(null),
        null,
        Leadership.Pace.STANDARD,
        meters::leads,
        this::lost);
  }

  /** Another operator acts as soon as the lease is over: nothing may be written after that. */
  private void lost() {
    if (!stopping) {
      LOG.fatal("The lease is lost; this operator ends, so that only one acts");
      Runtime.getRuntime().halt(1);
    }
  }

  void stop(@Observes ShutdownEvent event) {
    stopping = true;
    meters.close();
    if (operator != null) {
      operator.stop();
    }
    if (hearing != null) {
      hearing.close();
      failures.close();
    }
    if (tracing != null) {
      tracing.close();
      tracing.lost().ifPresent(LOG::warn);
    }
  }

  @Override
  public HealthCheckResponse call() {
    boolean healthy =
        operator == null
            || !operator.getRuntimeInfo().isStarted()
            || operator.getRuntimeInfo().allEventSourcesAreHealthy();
    return HealthCheckResponse.named("operator").status(healthy).build();
  }
}
