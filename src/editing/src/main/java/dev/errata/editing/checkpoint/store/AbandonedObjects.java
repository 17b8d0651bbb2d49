package dev.errata.editing.checkpoint.store;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.editing.checkpoint.RemoteObjects;
import dev.errata.editing.checkpoint.RemoteObjects.Entry;
import dev.errata.editing.checkpoint.store.GarbageCollector.Item;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What killed publishers have left in a bucket. Nobody can tell there whether a publisher is alive;
 * so its number is given up first, by a tombstone in the place of its manifest: both are put
 * exclusively, and of the two exactly one is there in the end. A publisher that was only slow finds
 * the tombstone and takes another number.
 */
record AbandonedObjects(Layout remote) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final byte[] TOMBSTONE = "{\"abandoned\":true}\n".getBytes(StandardCharsets.UTF_8);

  /** Whether what lies in the place of a manifest says that there will be none. */
  static boolean isTombstone(byte[] manifest) {
    try {
      return JSON.readTree(manifest).path("abandoned").asBoolean();
    } catch (IOException e) {
      return false; // Damaged: whoever reads it as a manifest says so.
    }
  }

  /** Names of the directories in a directory. */
  static List<String> folders(Path directory) {
    return RemoteObjects.names(directory).stream()
        .filter(name -> name.endsWith("/"))
        .map(name -> name.substring(0, name.length() - 1))
        .toList();
  }

  List<Item> collect(Duration age, boolean delete) {
    Instant limit = Instant.now().minus(age);
    List<Item> found = new ArrayList<>();
    for (String model : folders(remote.models())) {
      boolean imported = RemoteObjects.read(remote.modelFile(model)).isPresent();
      for (int number : Layout.numbers(folders(remote.versions(model)).stream())) {
        look(model, number, imported, limit, delete).ifPresent(found::add);
      }
    }
    return found;
  }

  private Optional<Item> look(
      String model, int number, boolean imported, Instant limit, boolean delete) {
    Path directory = remote.version(model, number);
    Path manifest = directory.resolve(Version.MANIFEST);
    Optional<byte[]> told = RemoteObjects.read(manifest);
    boolean dead = told.isPresent() && isTombstone(told.get());
    List<Entry> entries =
        RemoteObjects.tree(directory).stream()
            .filter(e -> number == 0 || !e.path().equals(Version.MANIFEST))
            .sorted(Comparator.comparing(e -> e.path().equals(StoredFiles.MARKER)))
            .toList();
    Instant last =
        entries.stream().map(Entry::modified).max(Comparator.naturalOrder()).orElse(Instant.MAX);
    boolean exists = number == 0 ? imported : told.isPresent() && !dead;
    if (exists || last.isAfter(limit)) {
      return Optional.empty();
    }
    boolean isImport = number == 0;
    if (delete) {
      if (!isImport && !dead && !RemoteObjects.create(manifest, TOMBSTONE)) {
        return Optional.empty(); // It was published this very moment.
      }
      entries.forEach(entry -> RemoteObjects.delete(directory.resolve(entry.path())));
    }
    return Optional.of(
        new Item(
            directory.toUri().toString(),
            entries.stream().mapToLong(Entry::size).sum(),
            (isImport ? "import" : "publication")
                + " that was never finished, last changed "
                + last.truncatedTo(ChronoUnit.SECONDS)));
  }
}
