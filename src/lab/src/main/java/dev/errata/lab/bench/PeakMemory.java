package dev.errata.lab.bench;

import dev.errata.editing.pipeline.ProcessMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The most memory that the process had in use since a moment. */
final class PeakMemory {
  private static final Path RESET = Path.of("/proc/self/clear_refs");

  private final boolean known;

  private PeakMemory(boolean known) {
    this.known = known;
  }

  /** Begins now, behind a garbage collection. */
  static PeakMemory start() {
    System.gc();
    try {
      // proc(5): 5 sets the peak to what is in use now.
      Files.writeString(RESET, "5", StandardOpenOption.WRITE);
      return new PeakMemory(true);
    } catch (IOException e) {
      // Only Linux has this file; without it the figure stays unknown.
      return new PeakMemory(false);
    }
  }

  /** Bytes, or null where the system does not tell. */
  Long bytes() {
    return known ? ProcessMemory.peak() : null;
  }
}
