package dev.errata.operator.assembly;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.event.FailureEvent;
import dev.errata.operator.manifest.Installation;
import dev.errata.operator.meters.OperatorMeters;
import dev.errata.operator.progress.ProgressSource;
import dev.errata.tracing.EndedSpan;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.processing.event.source.informer.TransformingItemStore;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Puts the operator together. */
public final class Assembly {
  private static final int THREADS = 16;
  private static final int FIRST_RETRY_MILLIS = 500;
  private static final int LAST_RETRY_MILLIS = 30_000;

  private Assembly() {}

  /**
   * An operator that is not started.
   *
   * @param namespaces those to watch; empty for all
   * @param election how operators agree which of them acts; null when there is one only
   * @throws IllegalStateException when a resource of Errata is unknown to the cluster
   */
  public static Operator operator(
      KubernetesClient client,
      Installation installation,
      Set<String> namespaces,
      LeaderElectionConfiguration election,
      Clock clock) {
    return operator(
        client,
        installation,
        namespaces,
        election,
        clock,
        ProgressSource.NONE,
        f -> {},
        s -> {},
        OperatorMeters.unread(client, clock));
  }

  /**
   * An operator that hears how far workers are, not started.
   *
   * @param failures hears of jobs that have failed
   * @param traces hears of what is over
   * @param meters what measures it
   * @throws IllegalStateException when a resource of Errata is unknown to the cluster
   */
  public static Operator operator(
      KubernetesClient client,
      Installation installation,
      Set<String> namespaces,
      LeaderElectionConfiguration election,
      Clock clock,
      ProgressSource progress,
      Consumer<FailureEvent> failures,
      Consumer<EndedSpan> traces,
      OperatorMeters meters) {
    requireCrds(client, namespaces);
    Operator operator =
        new Operator(
            config -> {
              config
                  .withKubernetesClient(client)
                  .withCloseClientOnStop(false)
                  .checkingCRDAndValidateLocalModel(false)
                  .withMetrics(meters.reconciliations())
                  .withConcurrentReconciliationThreads(THREADS)
                  .withCacheSyncTimeout(Duration.ofMinutes(2))
                  .withReconciliationTerminationTimeout(Duration.ofSeconds(5));
              if (election != null) {
                config.withLeaderElectionConfiguration(election);
              }
            });
    Writer writer = new Writer(client, meters::published);
    operator.register(
        new EditJobReconciler(writer, installation, clock, progress, failures, traces, meters),
        config -> {
          config
              .withName(OperatorMeters.EDIT_JOBS)
              .withFieldManager(Writer.FIELD_MANAGER)
              .withTriggerReconcilerOnAllEvents(true)
              .withRetry(retry())
              .withInformerListLimit(Sources.PAGE)
              .withItemStore(new TransformingItemStore<>(Sources::slim));
          if (!namespaces.isEmpty()) {
            config.settingNamespaces(namespaces);
          }
        });
    operator.register(
        new ModelReconciler(writer, installation, clock, meters),
        config -> {
          config
              .withName(OperatorMeters.MODELS)
              .withFieldManager(Writer.FIELD_MANAGER)
              .withRetry(retry())
              .withInformerListLimit(Sources.PAGE)
              .withItemStore(new TransformingItemStore<>(Sources::slim));
          if (!namespaces.isEmpty()) {
            config.settingNamespaces(namespaces);
          }
        });
    return operator;
  }

  /** An API server that is away comes back: there is no last attempt. */
  private static GenericRetry retry() {
    return new GenericRetry()
        .setInitialInterval(FIRST_RETRY_MILLIS)
        .setIntervalMultiplier(2)
        .setMaxInterval(LAST_RETRY_MILLIS)
        .withoutMaxAttempts();
  }

  private static void requireCrds(KubernetesClient client, Set<String> namespaces) {
    List<Class<? extends HasMetadata>> kinds =
        List.of(Model.class, EditJob.class, ModelVersion.class);
    for (Class<? extends HasMetadata> kind : kinds) {
      try {
        var resources = client.resources(kind);
        var some =
            namespaces.isEmpty()
                ? resources.inAnyNamespace()
                : resources.inNamespace(namespaces.iterator().next());
        some.list(new io.fabric8.kubernetes.api.model.ListOptionsBuilder().withLimit(1L).build());
      } catch (KubernetesClientException e) {
        if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
          throw e;
        }
        throw new IllegalStateException(
            "the cluster does not know "
                + HasMetadata.getFullResourceName(kind)
                + ": apply the CRDs first (kubectl apply -f crds/, or the chart with crds.install)",
            e);
      }
    }
  }
}
