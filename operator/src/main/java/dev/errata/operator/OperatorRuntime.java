package dev.errata.operator;

import dev.errata.operator.assembly.Assembly;
import dev.errata.operator.assembly.Leadership;
import dev.errata.operator.manifest.Installation;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.util.Set;
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
  private volatile boolean stopping;
  private Operator operator;

  OperatorRuntime(KubernetesClient client, OperatorSettings settings) {
    this.client = client;
    this.settings = settings;
  }

  void start(@Observes StartupEvent event) {
    if (!settings.enabled()) {
      return;
    }
    try {
      operator =
          Assembly.operator(
              client,
              new Installation(
                  settings.worker().image(),
                  settings.worker().imagePullPolicy().orElse(null),
                  settings.store().claim(),
                  settings.store().uri().orElse(null),
                  settings.store().secret().orElse(null),
                  settings.worker().fsGroup().isPresent()
                      ? settings.worker().fsGroup().getAsLong()
                      : null),
              settings.namespaces().orElse(Set.of()),
              election(),
              Clock.systemUTC());
      operator.start();
      LOG.info("Watching EditJobs and Models");
    } catch (IllegalStateException | KubernetesClientException e) {
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

  private LeaderElectionConfiguration election() {
    if (!settings.election().enabled()) {
      return null;
    }
    return Leadership.of(
        settings.election().lease(),
        settings.election().namespace().orElse(null),
        null,
        Leadership.Pace.STANDARD,
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
    if (operator != null) {
      operator.stop();
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
