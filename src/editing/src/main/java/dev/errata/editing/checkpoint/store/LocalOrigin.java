package dev.errata.editing.checkpoint.store;

import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.checkpoint.store.GarbageCollector.Item;
import dev.errata.editing.checkpoint.store.VersionManifest.StoredFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/** The directory itself: names are taken by renaming, changes are made under a lock. */
record LocalOrigin(Layout layout) implements Origin {
  /** The system's file locks do not exclude threads of one process from each other. */
  private static final Object PROCESS = new Object();

  @Override
  public String location(Path path) {
    return path.toString();
  }

  @Override
  public void refresh() {}

  @Override
  public void refresh(String model) {}

  @Override
  public void bring(Version version, String prefix) {}

  @Override
  public List<Integer> numbers(String model) throws IOException {
    return Layout.numbers(layout.versions(model));
  }

  @Override
  public boolean claim(String model, int number, StagingArea.Slot slot) throws IOException {
    Files.createDirectories(layout.versions(model));
    return rename(slot.directory(), layout.version(model, number));
  }

  private static boolean rename(Path directory, Path target) throws IOException {
    if (Files.exists(target)) {
      return false;
    }
    try {
      Files.move(directory, target, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (FileSystemException e) {
      if (Files.exists(target)) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public void fill(
      String model, int number, StagingArea.Slot slot, List<StoredFile> files, Version parent)
      throws IOException {
    StorageFiles.syncDirectory(layout.versions(model));
  }

  @Override
  public boolean seal(VersionManifest manifest) throws IOException {
    writeManifest(layout.version(manifest.model(), manifest.version()), manifest);
    return true;
  }

  static void writeManifest(Path directory, VersionManifest manifest) throws IOException {
    Path file = directory.resolve(Version.MANIFEST);
    StorageFiles.createExclusively(file, Layout.bytes(manifest));
    StorageFiles.makeReadOnly(file);
  }

  @Override
  public void settle(VersionManifest manifest, StagingArea.Slot slot) throws IOException {
    Path directory = layout.version(manifest.model(), manifest.version());
    Files.delete(directory.resolve(StoredFiles.MARKER));
  }

  @Override
  public void create(Model model, VersionManifest base, StagingArea.Slot slot) throws IOException {
    Path version = slot.directory().resolve(Layout.VERSIONS).resolve("v0");
    writeManifest(version, base);
    StorageFiles.makeReadOnly(version);
    StorageFiles.syncDirectory(slot.directory());
    Files.createDirectories(layout.models());
    try {
      Files.move(slot.directory(), layout.model(model.name()), StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      if (Files.exists(layout.modelFile(model.name()))) {
        throw ModelImport.taken(model.name());
      }
      throw e;
    }
    StorageFiles.syncDirectory(layout.models());
  }

  @Override
  public Model update(String model, UnaryOperator<Model> change) {
    Path file = layout.modelFile(model);
    synchronized (PROCESS) {
      try (FileChannel channel =
              FileChannel.open(
                  layout.currentLock(model), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        Model before = Layout.readModel(file);
        Model after = change.apply(before);
        if (lock.isValid() && !after.equals(before)) {
          StorageFiles.write(file, Layout.bytes(after));
        }
        return after;
      } catch (IOException e) {
        throw IoProblems.of(file, e);
      }
    }
  }

  @Override
  public List<String> problems(Version version) throws IOException {
    Path directory = version.directory();
    return StoredFiles.problems(
        version.manifest(),
        StoredFiles.sizes(directory),
        path -> location(directory.resolve(path)),
        path -> Sha256.ofFile(directory.resolve(path)));
  }

  /** Nothing: opening a store cleans up, since locks end with their owners here. */
  @Override
  public List<Item> abandoned(Duration age, boolean delete) {
    return List.of();
  }
}
