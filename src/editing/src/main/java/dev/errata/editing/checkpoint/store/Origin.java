package dev.errata.editing.checkpoint.store;

import dev.errata.editing.checkpoint.store.GarbageCollector.Item;
import dev.errata.editing.checkpoint.store.VersionManifest.StoredFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Where it is decided what a store holds: the directory itself, or a bucket of which the directory
 * is a mirror. The protocols of publishing and importing are written once, in {@link Publication}
 * and {@link ModelImport}; this is what they do to the world.
 */
interface Origin {
  /** What people call the place of a path of the directory. */
  String location(Path path);

  /** Brings the models and the manifests of their versions into the directory. */
  void refresh();

  /** Brings one model and the manifests of its versions into the directory. */
  void refresh(String model);

  /** Brings the files of a version whose paths start so into its directory. */
  void bring(Version version, String prefix);

  /** Numbers that nobody may take, because of versions or of claims. */
  List<Integer> numbers(String model) throws IOException;

  /** Takes a number for a finished directory; false when somebody else has it. */
  boolean claim(String model, int number, StagingArea.Slot slot) throws IOException;

  /** Puts a version's files where they belong, out of sight as yet. */
  void fill(String model, int number, StagingArea.Slot slot, List<StoredFile> files, Version parent)
      throws IOException;

  /**
   * Puts the manifest, with which the version exists; nobody has put one before.
   *
   * @return whether it did; false when the claim has been given up for dead meanwhile
   */
  boolean seal(VersionManifest manifest) throws IOException;

  /** Takes back the claim of a version that exists. */
  void settle(VersionManifest manifest, StagingArea.Slot slot) throws IOException;

  /**
   * Makes a model with its version 0 exist.
   *
   * @param slot a directory with {@code model.json} and {@code versions/v0}
   * @throws ConflictException when another one of this name was made meanwhile
   */
  void create(Model model, VersionManifest base, StagingArea.Slot slot) throws IOException;

  /** Replaces what changes of a model; nobody else does meanwhile. */
  Model update(String model, UnaryOperator<Model> change);

  /** What differs between a version's files, as they lie there, and its manifest. */
  List<String> problems(Version version) throws IOException;

  /**
   * What killed publishers have left there.
   *
   * @param age how long after their last sign of life they count as dead
   * @param delete whether to delete it
   */
  List<Item> abandoned(Duration age, boolean delete);
}
