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
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jboss.logging.Logger;

/** Keeps the registry up to date; a database or API server that is away is tried again. */
@ApplicationScoped
public class RegistryRuntime {
  private static final Logger LOG = Logger.getLogger(RegistryRuntime.class);

  /** How soon pods that list versions are looked at again. */
  private static final Duration LISTEN = Duration.ofSeconds(5);

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

  /** Whether pods that list versions tell more before the next turn. */
  private boolean soon;

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
      thread.execute(this::round);
    }
  }

  /** A turn, and between it and the next one what pods tell meanwhile. */
  private void round() {
    turn();
    long end = System.nanoTime() + settings.every().toNanos();
    next(end);
  }

  private void next(long end) {
    long left = end - System.nanoTime();
    if (soon && left > LISTEN.toNanos()) {
      later(
          LISTEN.toNanos(),
          () -> {
            turn(last -> soon = sync.listen());
            next(end);
          });
    } else {
      later(left, this::round);
    }
  }

  private void later(long nanos, Runnable task) {
    var unused = thread.schedule(task, nanos, TimeUnit.NANOSECONDS);
  }

  void stop(@Observes ShutdownEvent event) {
    thread.shutdownNow();
  }

  /** Follows cluster and storage once; a database that is away is told of, not waited for. */
  void turn() {
    turn(last -> soon = sync.run(last));
  }

  private void turn(Consumer<Boolean> work) {
    soon = false;
    try {
      migrate();
      turn.take(work);
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
   * Makes the registry again from the cluster; from storage it is made again as pods tell what lies
   * there.
   *
   * @return false when another operator writes now
   * @throws PersistenceException when the database does not answer
   */
  public boolean rebuild() {
    migrate();
    return turn.take(
        last -> {
          sync.rebuild();
          LOG.info("The registry is made again: the files of its versions are listed anew");
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
