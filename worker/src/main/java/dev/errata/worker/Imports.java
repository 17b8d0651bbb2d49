package dev.errata.worker;

import dev.errata.api.Locations;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.RemoteFiles;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Compute;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Brings checkpoints into a store. */
final class Imports {
  private Imports() {}

  /**
   * Imports a checkpoint that can be edited: one of a known family whose tensors fit its
   * configuration, with a tokenizer.
   *
   * @param notes hears of files that are left out
   * @throws dev.errata.api.InputException when it cannot; nothing is written then
   */
  static Version run(VersionStore store, String name, Path place, Consumer<String> notes) {
    Path source =
        RemoteFiles.isRemote(place)
            ? RemoteFiles.localDirectory(place, RemoteFiles.defaultCache(System.getenv()))
            : place;
    try (Checkpoint checkpoint = Checkpoint.open(source)) {
      Decoder.open(checkpoint, Compute.CPU).close();
      Tokenizer.open(source).close();
      checkpoint.strayWeights().forEach(w -> notes.accept(w + " belongs to no tensor, left out"));
    }
    return store.importModel(name, source, Locations.name(place.toAbsolutePath().normalize()));
  }
}
