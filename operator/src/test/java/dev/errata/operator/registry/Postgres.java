package dev.errata.operator.registry;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A real PostgreSQL on a port of its own, stopped and started at will; its data stay. */
final class Postgres implements AutoCloseable {
  private final Path data;
  private EmbeddedPostgres server;
  private int port;

  private Postgres(Path data) {
    this.data = data;
  }

  /** Whether there are programs for this machine. */
  static boolean here() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")
        && System.getProperty("os.arch").equals("amd64");
  }

  /** Skips a test where there are none. */
  static void assumeHere() {
    Assumptions.assumeTrue(here(), "no PostgreSQL: its programs are those for Linux x86_64");
  }

  static Postgres start() {
    try {
      Postgres postgres = new Postgres(Files.createTempDirectory("errata-postgres"));
      postgres.up();
      return postgres;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void up() throws IOException {
    var builder =
        EmbeddedPostgres.builder()
            .setDataDirectory(data.resolve("data"))
            .setCleanDataDirectory(false)
            .setOverrideWorkingDirectory(data.toFile());
    server = (port == 0 ? builder : builder.setPort(port)).start();
    port = server.getPort();
  }

  void down() throws IOException {
    server.close();
  }

  String url() {
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
