package dev.errata.editing.checkpoint.store;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.RemoteFiles;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.store.VersionManifest.State;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A directory of models and their versions.
 *
 * <p>A version's files never change once its manifest exists. What changes is which version is
 * current. Several processes may use a store at once: numbers are given to one publisher each, and
 * unfinished work is told from abandoned work by locks that end with their owner.
 *
 * <p>All methods throw {@link InputException} for what a person can mend (unknown name, full disk,
 * damaged file) and its subclass {@link ConflictException} for what is at odds with what is stored.
 */
public final class VersionStore {
  private final Layout layout;
  private final Origin origin;

  private VersionStore(Layout layout, Origin origin) {
    this.layout = layout;
    this.origin = origin;
  }

  /**
   * Opens a store and deletes what killed runs left in it. A directory that does not exist is an
   * empty store; it is created when something is written.
   */
  public static VersionStore open(Path root) {
    return RemoteFiles.isRemote(root)
        ? mirror(root, RemoteFiles.defaultMirrors(System.getenv()))
        : local(root);
  }

  private static VersionStore local(Path root) {
    if (Files.exists(root) && !Files.isDirectory(root)) {
      throw new InputException(root + ": a store is a directory, this is a file");
    }
    Layout layout = new Layout(root.toAbsolutePath().normalize());
    VersionStore store = new VersionStore(layout, new LocalOrigin(layout));
    store.clean();
    return store;
  }

  /**
   * Opens a store in a bucket.
   *
   * @param remote its prefix
   * @param mirrors a local directory, in which the store's mirror lies: copies of versions that
   *     were used, and what this machine alone needs, as workspaces and statistics
   */
  static VersionStore mirror(Path remote, Path mirrors) {
    String name = Sha256.ofText(remote.toUri().toString()).substring(0, 16);
    Layout mirror = new Layout(mirrors.toAbsolutePath().normalize().resolve(name));
    RemoteOrigin origin = RemoteOrigin.open(new Layout(remote), mirror);
    VersionStore store = new VersionStore(mirror, origin);
    store.clean();
    return store;
  }

  /**
   * The store of a user: {@code $XDG_DATA_HOME/errata}, by default {@code ~/.local/share/errata}.
   *
   * @param environment the environment, {@link System#getenv()}
   */
  public static Path defaultRoot(Map<String, String> environment) {
    String data = environment.getOrDefault("XDG_DATA_HOME", "");
    // The XDG base directory specification ignores relative paths.
    return data.startsWith("/")
        ? Path.of(data, "errata")
        : Path.of(System.getProperty("user.home"), ".local", "share", "errata");
  }

  private void clean() {
    try {
      new StagingArea(layout.imports()).clean();
      for (String name : here()) {
        Publication.clean(layout, name);
      }
    } catch (AccessDeniedException e) {
      return; // A store that may only be read has nothing that this run could clean.
    } catch (FileSystemException e) {
      if (!String.valueOf(e.getReason()).contains("Read-only")) {
        throw IoProblems.of(layout.root(), e);
      }
    } catch (IOException e) {
      throw IoProblems.of(layout.root(), e);
    }
  }

  /** The store's directory, or its mirror's. */
  public Path root() {
    return layout.root();
  }

  /** Where people find it: a directory, or an address in a bucket. */
  public String location() {
    return origin.location(layout.root());
  }

  /**
   * Imports a checkpoint as version 0 of a new model. The source is copied, so that it may change
   * or vanish afterwards. Importing the same content under the same name again changes nothing.
   *
   * @param name name of the model: lower-case letters, digits, {@code -} and {@code .}
   * @param source a Hugging Face checkpoint directory with safetensors
   * @throws ConflictException when a model of this name holds something else
   * @throws InputException when the checkpoint is not complete or holds NaN
   */
  public Version importModel(String name, Path source) {
    return importModel(name, source, source.toAbsolutePath().normalize().toString());
  }

  /**
   * The same for a local copy of a checkpoint that lies elsewhere.
   *
   * @param from where it comes from, as the model shall tell
   */
  public Version importModel(String name, Path source, String from) {
    ModelName.check(name);
    origin.refresh(name);
    try (Checkpoint checkpoint = Checkpoint.open(source)) {
      if (!Files.exists(layout.modelFile(name))) {
        new ModelImport(layout, origin).run(name, checkpoint, from);
      } else if (!version(name, 0).manifest().digest().equals(checkpoint.digest())) {
        throw new ConflictException(
            "model '"
                + name
                + "' exists already, imported from "
                + model(name).source()
                + " with other content; choose another name or another --store, or delete "
                + origin.location(layout.model(name))
                + " to give the model up with all its versions");
      }
      return version(name, 0);
    }
  }

  /** All models by name. */
  public List<Model> models() {
    return names().stream().map(this::model).toList();
  }

  private List<String> names() {
    origin.refresh();
    return here();
  }

  /** Names of the models that the directory tells of. */
  private List<String> here() {
    if (!Files.isDirectory(layout.models())) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(layout.models())) {
      return entries
          .filter(Files::isDirectory)
          .map(entry -> entry.getFileName().toString())
          .filter(name -> Files.exists(layout.modelFile(name)))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw IoProblems.of(layout.models(), e);
    }
  }

  /** A model by name. */
  public Model model(String name) {
    ModelName.check(name);
    origin.refresh(name);
    if (Files.exists(layout.modelFile(name))) {
      return Layout.readModel(layout.modelFile(name));
    }
    List<String> known = names();
    if (known.isEmpty()) {
      throw new InputException(
          "no model '"
              + name
              + "': the store "
              + location()
              + " is empty; import one: errata import "
              + name
              + " SOURCE");
    }
    throw new InputException(
        "no model '"
            + name
            + "' in "
            + location()
            + ModelName.similar(name, known).map(n -> "; did you mean '" + n + "'?").orElse(";")
            + " known models: "
            + String.join(", ", known));
  }

  /** All versions of a model, rejected ones too, by number. */
  public List<Version> versions(String name) {
    model(name);
    try {
      List<Version> versions = new ArrayList<>();
      for (int number : Layout.numbers(layout.versions(name))) {
        if (Files.exists(layout.version(name, number).resolve(Version.MANIFEST))) {
          versions.add(read(name, number));
        }
      }
      return versions;
    } catch (IOException e) {
      throw IoProblems.of(layout.root(), e);
    }
  }

  private Version read(String name, int number) {
    Path directory = layout.version(name, number);
    Path manifest = directory.resolve(Version.MANIFEST);
    return new Version(Layout.readManifest(manifest, name, number), directory, origin);
  }

  /** A version by what a person writes, such as {@code smollm2@v3}. */
  public Version version(String reference) {
    return version(VersionRef.parse(reference));
  }

  /** A version by number. */
  public Version version(String name, int number) {
    return version(VersionRef.of(name, number));
  }

  /** A version by reference. */
  public Version version(VersionRef ref) {
    Model model = model(ref.model());
    int number =
        switch (ref.selector()) {
          case NUMBER -> ref.number();
          case BASE -> 0;
          case CURRENT -> model.current();
          case LATEST -> latest(ref.model());
        };
    if (Files.exists(layout.version(ref.model(), number).resolve(Version.MANIFEST))) {
      return read(ref.model(), number);
    }
    throw new InputException(
        "model '"
            + ref.model()
            + "' has no version v"
            + number
            + "; it has "
            + String.join(
                ", ",
                versions(ref.model()).stream().map(v -> "v" + v.manifest().version()).toList()));
  }

  private int latest(String name) {
    return versions(name).stream()
        .map(Version::manifest)
        .filter(manifest -> manifest.state() == State.Published)
        .mapToInt(VersionManifest::version)
        .max()
        .orElse(0);
  }

  /** The newest version that a job with this digest has made, published or rejected. */
  public Optional<Version> findByJob(String name, String jobDigest) {
    return versions(name).stream()
        .filter(version -> jobDigest.equals(version.manifest().jobDigest()))
        .max(Comparator.comparingInt(version -> version.manifest().version()));
  }

  /** Begins a new version; the caller closes it, published or not. */
  public StagedVersion stage(Version parent) {
    return StagedVersion.begin(layout, parent);
  }

  /**
   * Takes the right to work on a model for the length of a run.
   *
   * @throws ConflictException when another run has it; the message tells which and since when
   */
  public ModelLock lock(String name) {
    model(name);
    return ModelLock.acquire(layout, name);
  }

  /**
   * Makes a version current.
   *
   * @param force whether a rejected version is promoted too
   * @throws ConflictException when the version is rejected and not forced
   */
  public Model promote(String name, int number, boolean force) {
    VersionManifest manifest = version(name, number).manifest();
    if (manifest.state() == State.Rejected && !force) {
      throw new ConflictException(
          manifest.ref()
              + " was rejected ("
              + manifest.reason()
              + "); promote it by force or choose another version");
    }
    return origin.update(name, model -> model.withCurrent(number));
  }

  /**
   * Copies a version's checkpoint out of the store, as a plain Hugging Face directory.
   *
   * @param target a directory that is empty or does not exist
   */
  public void export(VersionRef ref, Path target) {
    Export.of(version(ref), target);
  }

  /** What changed from one version of a model to another: tensors and facts. */
  public VersionDiff diff(VersionRef from, VersionRef to) {
    if (!from.model().equals(to.model())) {
      throw new InputException(
          from + " and " + to + " are of different models; compare versions of one model");
    }
    return new Comparison(versions(from.model())).between(version(from), version(to));
  }

  /**
   * Reads a version again and compares it with its manifest.
   *
   * @return what is wrong; empty when nothing is
   */
  public List<String> verify(VersionRef ref) {
    Version version = version(ref);
    try {
      List<String> problems = new ArrayList<>(origin.problems(version));
      if (problems.isEmpty()) {
        try (Checkpoint checkpoint = version.openCheckpoint()) {
          if (!checkpoint.digest().equals(version.manifest().digest())) {
            problems.add(version.location() + ": its content address differs from the manifest's");
          }
        }
      }
      return problems;
    } catch (IOException e) {
      throw IoProblems.of(version.directory(), e);
    }
  }

  /**
   * Looks for what nothing refers to.
   *
   * @param age how long what may be of use is kept after its last change
   * @param cache whether kept statistics of that age count as garbage too
   * @param delete whether to delete the garbage
   */
  public GarbageCollector.Findings collectGarbage(Duration age, boolean cache, boolean delete) {
    return GarbageCollector.collect(layout, origin, names(), age, cache, delete);
  }

  /** A job's directory for intermediate files; the same job finds them again. */
  public Path workspace(String name, String jobDigest) {
    return created(workspacePath(name, jobDigest));
  }

  /** Where the directory of {@link #workspace} lies, whether it exists or not. */
  public Path workspacePath(String name, String jobDigest) {
    model(name);
    return layout.workspaces(name).resolve(Sha256.ofText(jobDigest).substring(0, 16));
  }

  /** The directories of all jobs of a model that have not ended, in order of their names. */
  public List<Path> workspaces(String name) {
    model(name);
    return StoredFiles.directories(layout.workspaces(name));
  }

  /** The directory of statistics that several jobs share. */
  public Path statisticsCache() {
    return created(layout.statistics());
  }

  /** The directory of layers that were found for jobs which name none. */
  public Path layersCache() {
    return layout.root().resolve("cache").resolve("layers");
  }

  private static Path created(Path directory) {
    try {
      return Files.createDirectories(directory);
    } catch (IOException e) {
      throw IoProblems.of(directory, e);
    }
  }
}
