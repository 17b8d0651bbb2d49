package dev.errata.operator.registry;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of the registry; {@code errata.registry.every} is {@code ERRATA_REGISTRY_EVERY}. */
@ConfigMapping(prefix = "errata.registry")
public interface RegistrySettings {
  /** Whether the registry is kept. */
  @WithDefault("true")
  boolean enabled();

  /** How often the cluster is looked at. */
  @WithDefault("30s")
  Duration every();

  /** Where the registry lies. */
  Database database();

  /** Where the registry lies. */
  interface Database {
    /** {@code jdbc:postgresql://HOST:PORT/NAME}; absent: a file in the operator's pod. */
    Optional<String> url();

    /** Who the operator is there. */
    Optional<String> username();

    /** The password of that. */
    Optional<String> password();
  }
}
