package dev.errata.editing.checkpoint.store;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.RemoteObjects;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.checkpoint.store.GarbageCollector.Item;
import dev.errata.editing.checkpoint.store.VersionManifest.StoredFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * A bucket with the layout of a store's directory. A number is claimed by an exclusive PUT of
 * {@code vN/publishing}; the files follow, those of the parent by a copy on the side of the bucket;
 * the manifest is put last, exclusively too, and readers see a version by nothing else. What is
 * current moves by a conditional PUT of {@code model.json}.
 *
 * <p>The mirror holds what has been read: manifests, which never change, and the files of versions
 * that were used, each checked against its manifest once in a process.
 */
final class RemoteOrigin implements Origin {
  private final Layout remote;
  private final Layout mirror;
  private final LocalOrigin here;

  /** Files of the mirror that this process has found to be as they were published. */
  private final Set<Path> intact = ConcurrentHashMap.newKeySet();

  private RemoteOrigin(Layout remote, Layout mirror) {
    this.remote = remote;
    this.mirror = mirror;
    this.here = new LocalOrigin(mirror);
  }

  /**
   * Reaches for the bucket.
   *
   * @throws InputException when it is not there or cannot be read
   */
  static RemoteOrigin open(Layout remote, Layout mirror) {
    RemoteObjects.names(remote.root());
    return new RemoteOrigin(remote, mirror);
  }

  @Override
  public String location(Path path) {
    String inside = mirror.root().relativize(path).toString();
    return (inside.isEmpty() ? remote.root() : remote.root().resolve(inside)).toUri().toString();
  }

  @Override
  public void refresh() {
    Set<String> known = Set.copyOf(AbandonedObjects.folders(remote.models()));
    known.forEach(this::refresh);
    for (Path model : StoredFiles.directories(mirror.models())) {
      if (!known.contains(model.getFileName().toString())) {
        local(model, () -> forget(model.getFileName().toString()));
      }
    }
  }

  @Override
  public void refresh(String model) {
    Path copy = mirror.modelFile(model);
    Optional<byte[]> told = RemoteObjects.read(remote.modelFile(model));
    local(
        copy,
        () -> {
          if (told.isEmpty()) {
            return forget(model);
          }
          keep(model, copy, told.get());
          for (int number : numbers(model)) {
            bringManifest(model, number);
          }
          return true;
        });
  }

  private boolean forget(String model) throws IOException {
    if (Files.deleteIfExists(mirror.modelFile(model))) {
      StorageFiles.deleteTree(mirror.versions(model));
      intact.clear();
    }
    return true;
  }

  /** Keeps what the bucket says of a model; forgets what was known of another of its name. */
  private void keep(String name, Path copy, byte[] told) throws IOException {
    Model now = Layout.parseModel(location(copy), told);
    if (Files.exists(copy)) {
      if (Arrays.equals(told, Files.readAllBytes(copy))) {
        return;
      }
      Model before = Layout.readModel(copy);
      if (!before.withCurrent(0).equals(now.withCurrent(0))) {
        forget(name);
      }
    }
    Files.createDirectories(copy.getParent());
    StorageFiles.write(copy, told);
  }

  private void bringManifest(String model, int number) throws IOException {
    Path copy = mirror.version(model, number).resolve(Version.MANIFEST);
    if (Files.exists(copy)) {
      return;
    }
    Optional<byte[]> told = RemoteObjects.read(manifest(model, number));
    if (told.isPresent() && !AbandonedObjects.isTombstone(told.get())) {
      Layout.parseManifest(location(copy), told.get(), model, number);
      Files.createDirectories(copy.getParent());
      StorageFiles.write(copy, told.get());
    }
  }

  private Path manifest(String model, int number) {
    return remote.version(model, number).resolve(Version.MANIFEST);
  }

  private Path marker(String model, int number) {
    return remote.version(model, number).resolve(StoredFiles.MARKER);
  }

  @Override
  public void bring(Version version, String prefix) {
    for (StoredFile file : version.manifest().files()) {
      boolean wanted = file.path().equals(prefix) || file.path().startsWith(prefix + "/");
      Path copy = version.directory().resolve(file.path());
      if (wanted && !intact.contains(copy)) {
        local(copy, () -> isPublished(copy, file) || bring(version, file, copy));
        intact.add(copy);
      }
    }
  }

  private static boolean isPublished(Path copy, StoredFile file) throws IOException {
    return Files.exists(copy)
        && Files.size(copy) == file.size()
        && Sha256.ofFile(copy).equals(file.sha256());
  }

  private boolean bring(Version version, StoredFile file, Path copy) throws IOException {
    Files.createDirectories(copy.getParent());
    Path temporary = StorageFiles.temporary(copy);
    try {
      Optional<Path> twin = twin(version, file);
      if (twin.isPresent()) {
        StorageFiles.bring(twin.get(), temporary, StorageFiles.Reuse.HARD_LINK);
      } else {
        VersionManifest of = version.manifest();
        RemoteObjects.download(
            remote.version(of.model(), of.version()).resolve(file.path()), temporary);
      }
      if (!isPublished(temporary, file)) {
        throw new InputException(
            location(copy)
                + ": its content is not what was published; restore it from a backup, or use"
                + " another version");
      }
      StorageFiles.makeReadOnly(temporary);
      Files.move(temporary, copy, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** The same content in another version's part of the mirror. */
  private Optional<Path> twin(Version version, StoredFile file) throws IOException {
    String model = version.manifest().model();
    for (int number : Layout.numbers(mirror.versions(model))) {
      Path directory = mirror.version(model, number);
      if (!directory.equals(version.directory())
          && Files.exists(directory.resolve(Version.MANIFEST))) {
        VersionManifest other =
            Layout.readManifest(directory.resolve(Version.MANIFEST), model, number);
        for (StoredFile same : other.files()) {
          Path path = directory.resolve(same.path());
          if (same.sha256().equals(file.sha256()) && isPublished(path, same)) {
            return Optional.of(path);
          }
        }
      }
    }
    return Optional.empty();
  }

  @Override
  public List<Integer> numbers(String model) {
    return Layout.numbers(AbandonedObjects.folders(remote.versions(model)).stream());
  }

  @Override
  public boolean claim(String model, int number, StagingArea.Slot slot) {
    return RemoteObjects.create(marker(model, number), claim(slot.id()));
  }

  private static byte[] claim(String what) {
    return (what + "\n" + OwnerLock.owner() + "\n").getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void fill(
      String model, int number, StagingArea.Slot slot, List<StoredFile> files, Version parent)
      throws IOException {
    Map<String, String> there = new TreeMap<>();
    parent.manifest().files().forEach(file -> there.put(file.path(), file.sha256()));
    Path from = remote.version(model, parent.manifest().version());
    Path to = remote.version(model, number);
    for (StoredFile file : files) {
      if (file.sha256().equals(there.get(file.path()))) {
        RemoteObjects.copy(from.resolve(file.path()), to.resolve(file.path()), file.size());
      } else {
        RemoteObjects.upload(slot.directory().resolve(file.path()), to.resolve(file.path()));
      }
    }
  }

  @Override
  public boolean seal(VersionManifest manifest) {
    Path file = manifest(manifest.model(), manifest.version());
    return RemoteObjects.create(file, Layout.bytes(manifest));
  }

  @Override
  public void settle(VersionManifest manifest, StagingArea.Slot slot) throws IOException {
    RemoteObjects.delete(marker(manifest.model(), manifest.version()));
    // What was uploaded is the mirror's copy, unless another process has begun one meanwhile.
    if (here.claim(manifest.model(), manifest.version(), slot)) {
      here.seal(manifest);
      here.settle(manifest, slot);
    }
  }

  /** An import that died is taken up by the next one of the same content. */
  @Override
  public void create(Model model, VersionManifest base, StagingArea.Slot slot) throws IOException {
    String name = model.name();
    Path marker = marker(name, 0);
    RemoteObjects.create(marker, claim(base.digest()));
    requireOwn(name, base, marker);
    Path files = slot.directory().resolve(Layout.VERSIONS).resolve("v0");
    Map<String, Long> there = new TreeMap<>();
    RemoteObjects.tree(remote.version(name, 0)).forEach(e -> there.put(e.path(), e.size()));
    for (StoredFile file : base.files()) {
      if (!Long.valueOf(file.size()).equals(there.get(file.path()))) {
        Path target = remote.version(name, 0).resolve(file.path());
        RemoteObjects.upload(files.resolve(file.path()), target);
      }
    }
    requireOwn(name, base, marker);
    if (!seal(base)) {
      byte[] sealed = RemoteObjects.read(manifest(name, 0)).orElseThrow();
      String digest =
          Layout.parseManifest(manifest(name, 0).toUri().toString(), sealed, name, 0).digest();
      if (!digest.equals(base.digest())) {
        throw ModelImport.taken(name);
      }
    }
    RemoteObjects.create(remote.modelFile(name), Layout.bytes(model));
    RemoteObjects.delete(marker);
    Path copy = mirror.version(name, 0);
    if (!Files.exists(copy)) {
      LocalOrigin.writeManifest(files, base);
      StorageFiles.makeReadOnly(files);
      Files.createDirectories(copy.getParent());
      Files.move(files, copy, StandardCopyOption.ATOMIC_MOVE);
    }
    refresh(name);
  }

  /** The claim tells whose content the files of version 0 are. */
  private static void requireOwn(String name, VersionManifest base, Path marker) {
    List<String> lines =
        RemoteObjects.read(marker)
            .map(claim -> new String(claim, StandardCharsets.UTF_8).lines().toList())
            .orElseThrow(() -> ModelImport.taken(name));
    if (!lines.get(0).equals(base.digest())) {
      throw new ConflictException(
          "model '"
              + name
              + "' is being imported with other content ("
              + lines.get(1)
              + "); wait for it, or, when it is dead, let it be forgotten: errata gc"
              + " --older-than 0");
    }
  }

  @Override
  public Model update(String name, UnaryOperator<Model> change) {
    Path file = remote.modelFile(name);
    String place = file.toUri().toString();
    byte[] now =
        RemoteObjects.replace(
            file,
            seen -> {
              Model before = Layout.parseModel(place, seen);
              Model after = change.apply(before);
              return after.equals(before) ? seen : Layout.bytes(after);
            });
    Path copy = mirror.modelFile(name);
    local(
        copy,
        () -> {
          keep(name, copy, now);
          return true;
        });
    return Layout.parseModel(place, now);
  }

  @Override
  public List<String> problems(Version version) {
    VersionManifest manifest = version.manifest();
    Path directory = remote.version(manifest.model(), manifest.version());
    Map<String, Long> found = new TreeMap<>();
    RemoteObjects.tree(directory).stream()
        .filter(entry -> !StoredFiles.NOT_LISTED.contains(entry.path()))
        .forEach(entry -> found.put(entry.path(), entry.size()));
    return StoredFiles.problems(
        manifest,
        found,
        path -> directory.resolve(path).toUri().toString(),
        path -> RemoteObjects.sha256(directory.resolve(path), found.get(path)));
  }

  @Override
  public List<Item> abandoned(Duration age, boolean delete) {
    return new AbandonedObjects(remote).collect(age, delete);
  }

  /** Something done in the mirror. */
  private interface Local {
    boolean run() throws IOException;
  }

  private static void local(Path path, Local work) {
    try {
      work.run();
    } catch (IOException e) {
      throw IoProblems.of(path, e);
    }
  }
}
