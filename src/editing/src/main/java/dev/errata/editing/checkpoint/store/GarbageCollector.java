package dev.errata.editing.checkpoint.store;

import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.StorageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds and deletes what nothing refers to: workspaces of jobs that nobody went on with, and
 * temporary files and caches that killed runs have left. Versions, whatever their state, are never
 * touched; a file with several names goes only when its last name does.
 */
public final class GarbageCollector {
  private static final Pattern TEMPORARY = Pattern.compile("\\..*\\.[0-9a-f-]{36}\\.tmp");

  /** A write takes less: what is older was left behind. */
  private static final Duration WRITING = Duration.ofHours(1);

  private final Layout layout;
  private final Instant now;
  private final Duration age;
  private final boolean cache;
  private final List<Item> garbage = new ArrayList<>();
  private final List<Item> kept = new ArrayList<>();

  private GarbageCollector(Layout layout, Instant now, Duration age, boolean cache) {
    this.layout = layout;
    this.now = now;
    this.age = age;
    this.cache = cache;
  }

  /**
   * A file or directory.
   *
   * @param path where it lies
   * @param bytes of its files that have no other name
   * @param reason why it is garbage, or why it is kept
   */
  public record Item(String path, long bytes, String reason) {}

  /**
   * What was found.
   *
   * @param garbage what nothing refers to
   * @param kept what may become garbage, and what only its owner may delete
   */
  public record Findings(List<Item> garbage, List<Item> kept) {
    /** Bytes of all garbage. */
    public long bytes() {
      return garbage.stream().mapToLong(Item::bytes).sum();
    }
  }

  /**
   * Collects.
   *
   * @param age how long an interrupted job, or a cache, is kept after its last change
   * @param cache whether statistics of that age go too; a later job collects them again
   * @param delete whether to delete what is found
   */
  static Findings collect(
      Layout layout,
      Origin origin,
      List<String> models,
      Duration age,
      boolean cache,
      boolean delete) {
    GarbageCollector collector = new GarbageCollector(layout, Instant.now(), age, cache);
    try {
      for (String model : models) {
        collector.workspaces(model, delete);
        collector.temporaries(layout.model(model));
      }
      collector.statistics();
      if (delete) {
        for (Item item : collector.garbage) {
          collector.delete(Path.of(item.path()));
        }
      }
      Duration silence = age.compareTo(WRITING) < 0 ? age : WRITING;
      collector.garbage.addAll(origin.abandoned(silence, delete));
      return new Findings(List.copyOf(collector.garbage), List.copyOf(collector.kept));
    } catch (IOException e) {
      throw IoProblems.of(layout.root(), e);
    }
  }

  /** Deleted at once, under the lock that keeps the job from being gone on with. */
  private void workspaces(String model, boolean delete) throws IOException {
    List<Path> found = StoredFiles.directories(layout.workspaces(model));
    if (found.isEmpty()) {
      return;
    }
    try (ModelLock lock = ModelLock.acquire(layout, model)) {
      for (Path workspace : found) {
        String what = "interrupted job of " + model + ", " + lastChange(workspace);
        if (old(workspace, age)) {
          add(garbage, workspace, what);
          if (delete) {
            delete(workspace);
          }
        } else {
          add(kept, workspace, what + ": the same job goes on from it");
        }
      }
    } catch (ConflictException e) {
      for (Path workspace : found) {
        add(kept, workspace, e.getMessage());
      }
    }
  }

  private void statistics() throws IOException {
    if (!Files.isDirectory(layout.statistics())) {
      return;
    }
    temporaries(layout.statistics());
    for (Path entry : StoredFiles.directories(layout.statistics())) {
      String name = entry.getFileName().toString();
      boolean partial = name.startsWith("unfinished-") || name.startsWith("self-");
      if (TEMPORARY.matcher(name).matches()) {
        continue;
      }
      if (old(entry, age) && (partial || cache)) {
        add(garbage, entry, (partial ? "text or sums of" : "kept") + " statistics");
      } else if (cache) {
        add(kept, entry, "statistics, " + lastChange(entry));
      }
    }
  }

  /** Files that a killed writer had not renamed yet. */
  private void temporaries(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.toList()) {
        boolean inWorkspace = file.startsWith(directory.resolve("workspaces"));
        if (!inWorkspace
            && TEMPORARY.matcher(file.getFileName().toString()).matches()
            && old(file, WRITING)) {
          add(garbage, file, "left by a killed writer");
        }
      }
    }
  }

  private static void add(List<Item> list, Path path, String reason) throws IOException {
    list.add(new Item(path.toString(), bytes(path), reason));
  }

  private static long bytes(Path path) throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        boolean shared = (int) Files.getAttribute(file, "unix:nlink") > 1;
        bytes += shared ? 0 : Files.size(file);
      }
    }
    return bytes;
  }

  private boolean old(Path path, Duration limit) throws IOException {
    return !changed(path).plus(limit).isAfter(now);
  }

  private static String lastChange(Path path) throws IOException {
    return "last changed " + changed(path).truncatedTo(java.time.temporal.ChronoUnit.SECONDS);
  }

  /** The latest change of anything below a path. */
  private static Instant changed(Path path) throws IOException {
    Instant latest = Instant.MIN;
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.toList()) {
        Instant time = Files.getLastModifiedTime(file).toInstant();
        latest = time.isAfter(latest) ? time : latest;
      }
    }
    return latest;
  }

  private void delete(Path path) throws IOException {
    if (path.startsWith(layout.root()) && Files.isDirectory(path)) {
      StorageFiles.deleteTree(path);
    } else if (path.startsWith(layout.root())) {
      Files.deleteIfExists(path);
    }
  }
}
