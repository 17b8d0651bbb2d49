package dev.errata.operator;

import dev.errata.api.resource.ProgressTarget;
import dev.errata.operator.manifest.Installation;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** What the settings say that an installation gives its workers. */
class InstallationSettings {
  @Produces
  @Singleton
  Installation installation(OperatorSettings settings) {
    OperatorSettings.Worker worker = settings.worker();
    OperatorSettings.Store store = settings.store();
    return new Installation(
        worker.image(),
        worker.imagePullPolicy().orElse(null),
        store.claim(),
        store.uri().orElse(null),
        store.secret().orElse(null),
        worker.fsGroup().isPresent() ? worker.fsGroup().getAsLong() : null,
        target(settings.kafka()),
        settings.tracing().endpoint().orElse(null),
        worker.metricsPort().isPresent() ? worker.metricsPort().getAsInt() : null);
  }

  /** Where workers tell how far they are when their job does not say. */
  private static ProgressTarget target(OperatorSettings.Kafka kafka) {
    return kafka
        .bootstrap()
        .map(brokers -> new ProgressTarget(brokers, kafka.secret().orElse(null)))
        .orElse(null);
  }
}
