package dev.errata.operator.registry;

import io.agroal.api.AgroalDataSource;
import io.fabric8.kubernetes.client.KubernetesClientException;
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
  private final WriteTurn turn;
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
      RegistrySync sync,
      WriteTurn turn,
      RegistrySettings settings,
      Flyway flyway,
      AgroalDataSource database) {
    this.sync = sync;
    this.turn = turn;
    this.settings = settings;
    this.flyway = flyway;
    this.database = database;
  }

  void start(@Observes StartupEvent event) {
    if (settings.enabled()) {
      var unused =
          thread.scheduleWithFixedDelay(
              this::turn, 0, settings.every().toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  void stop(@Observes ShutdownEvent event) {
    thread.shutdownNow();
  }

  /** Follows storage and cluster once; a database that is away is told of, not waited for. */
  void turn() {
    try {
      migrate();
      turn.take(sync::run);
      if (told != null) {
        LOG.info("The registry goes on");
        told = null;
      }
    } catch (PersistenceException | FlywayException | KubernetesClientException e) {
      tell(e);
    } catch (RuntimeException e) {
      LOG.error("The registry stays as it is", e);
    }
  }

  /**
   * Makes the registry again from storage and cluster.
   *
   * @return false when another operator writes now
   * @throws PersistenceException when the database does not answer
   */
  public boolean rebuild() {
    migrate();
    return turn.take(
        last -> {
          sync.rebuild();
          LOG.info("The registry was made again");
        });
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
