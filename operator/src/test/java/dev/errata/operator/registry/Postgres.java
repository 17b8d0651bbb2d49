package dev.errata.operator.registry;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A real PostgreSQL on a port of its own, stopped and started at will; its data stay. */
public final class Postgres implements AutoCloseable {
  private final Path data;
  private EmbeddedPostgres server;
  private int port;

  private Postgres(Path data) {
    this.data = data;
  }

  /** Whether it can run on this machine. */
  static boolean here() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")
        && System.getProperty("os.arch").equals("amd64")
        && mayRun();
  }

  /** PostgreSQL refuses to be root: the library runs it as nobody then, by unshare. */
  private static boolean mayRun() {
    if (!System.getProperty("user.name").equals("root")) {
      return true;
    }
    try {
      return new ProcessBuilder("unshare", "-U", "true").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Skips a test where it cannot. */
  public static void assumeHere() {
    Assumptions.assumeTrue(
        here(), "no PostgreSQL: it needs Linux x86_64, and unshare -U where this is root");
  }

  /** A running one that lets everyone in. */
  public static Postgres start() {
    try {
      Postgres postgres = new Postgres(Files.createTempDirectory("errata-postgres"));
      postgres.up();
      return postgres;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it again, where it was and with what it held. */
  public void up() throws IOException {
    var builder =
        EmbeddedPostgres.builder()
            .setDataDirectory(data.resolve("data"))
            .setCleanDataDirectory(false)
            .setOverrideWorkingDirectory(data.toFile());
    server = (port == 0 ? builder : builder.setPort(port)).start();
    port = server.getPort();
  }

  /** Stops it; its data stay. */
  public void down() throws IOException {
    server.close();
  }

  /** From now on it lets nobody in without this password. */
  void demand(String password) throws IOException, SQLException {
    try (Connection connection = DriverManager.getConnection(url(), "postgres", "");
        Statement statement = connection.createStatement()) {
      statement.execute("set password_encryption = 'scram-sha-256'");
      statement.execute("alter user postgres password '" + password + "'");
      Files.writeString(
          data.resolve("data/pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n");
      statement.execute("select pg_reload_conf()");
    }
  }

  /** Its address. */
  public String url() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
  }

  @Override
  public void close() {
    try {
      down();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    delete(data);
  }

  static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
