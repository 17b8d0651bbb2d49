package dev.errata.operator.registry;

import io.agroal.api.AgroalDataSource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jboss.logging.Logger;

/** Keeps the registry up to date; a database or API server that is away is tried again. */
@ApplicationScoped
public class RegistryRuntime {
  private static final Logger LOG = Logger.getLogger(RegistryRuntime.class);

  private final RegistrySync sync;
  private final RegistrySettings settings;
  private final Flyway flyway;
  private final AgroalDataSource database;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread made = new Thread(task, "errata-registry");
            made.setDaemon(true);
            return made;
          });
  private boolean migrated;
  private String told;

  RegistryRuntime(
      RegistrySync sync, RegistrySettings settings, Flyway flyway, AgroalDataSource database) {
    this.sync = sync;
    this.settings = settings;
    this.flyway = flyway;
    this.database = database;
  }

  void start(@Observes StartupEvent event) {
    if (settings.rebuild()) {
      migrate();
      sync.rebuild();
      LOG.info("The registry is made again");
      Quarkus.asyncExit(0);
    } else if (settings.enabled()) {
      var unused =
          thread.scheduleWithFixedDelay(
              this::turn, 0, settings.every().toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  void stop(@Observes ShutdownEvent event) {
    thread.shutdownNow();
  }

  private void turn() {
    try {
      migrate();
      sync.run();
      told = null;
    } catch (PersistenceException | FlywayException | KubernetesClientException e) {
      tell(e);
    } catch (RuntimeException e) {
      LOG.error("The registry stays as it is", e);
    }
  }

  /** The same trouble is told once. */
  private void tell(Exception e) {
    String trouble = String.valueOf(e.getMessage());
    if (!trouble.equals(told)) {
      LOG.warnf("The registry waits: %s", trouble);
      told = trouble;
    }
  }

  /** Brings the database to the layout of this release. */
  public synchronized void migrate() {
    if (migrated) {
      return;
    }
    Flyway.configure(Thread.currentThread().getContextClassLoader())
        .configuration(flyway.getConfiguration())
        .placeholders(Map.of("bytewise", bytewise()))
        .load()
        .migrate();
    migrated = true;
  }

  /** PostgreSQL orders texts by language unless told otherwise. */
  private String bytewise() {
    try (Connection connection = database.getConnection()) {
      String product = connection.getMetaData().getDatabaseProductName();
      return product.toLowerCase(Locale.ROOT).contains("postgres") ? "collate \"C\"" : "";
    } catch (SQLException e) {
      throw new PersistenceException("the database does not answer: " + e.getMessage(), e);
    }
  }
}
