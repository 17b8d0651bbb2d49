package dev.errata.editing.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory of this process. */
public final class ProcessMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String PEAK = "VmHWM:";
  private static final String NOW = "VmRSS:";
  private static final long KIB = 1024;

  private ProcessMemory() {}

  /** Most bytes that were resident so far, or null where the system does not tell. */
  public static Long peak() {
    return line(PEAK);
  }

  /** Bytes that are resident now, or null where the system does not tell. */
  public static Long resident() {
    return line(NOW);
  }

  private static Long line(String start) {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith(start))
          .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIB)
          .findFirst()
          .orElse(null);
    } catch (IOException e) {
      // Only Linux has this file; the figure is told where it is known.
      return null;
    }
  }
}
