package dev.errata.editing.pipeline;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter.NewTensor;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionRef;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.method.memit.EarlierKeys;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The keys of facts that a version and those before it were given. A version stores the keys of its
 * own facts as its model reads them: float32 [m, f], named LAYER.MEMORY, gates and square roots of
 * weights included.
 */
final class Lineage {
  private Lineage() {}

  /**
   * The keys of a version and all that it was made from.
   *
   * @param layers the layers that are about to be edited
   * @param notes hears of versions whose facts are not protected, and why
   * @return the keys, to the open scope
   */
  static EarlierKeys read(
      VersionStore store, Version latest, Decoder decoder, List<Integer> layers, Progress notes) {
    Map<Integer, Map<Integer, NDList>> pieces = new TreeMap<>();
    Version version = latest;
    while (version.manifest().parent() != null) {
      Optional<Checkpoint> keys = version.openKeys();
      if (keys.isPresent()) {
        try (Checkpoint stored = keys.get()) {
          collect(stored, version, decoder, layers, pieces, notes);
        }
      } else {
        notes.note(version.manifest().ref() + " holds no keys: its facts are not protected");
      }
      version = parent(store, version);
    }
    Map<Integer, Map<Integer, NDArray>> joined = new TreeMap<>();
    pieces.forEach(
        (layer, memories) -> {
          Map<Integer, NDArray> of = new TreeMap<>();
          memories.forEach(
              (memory, list) ->
                  of.put(memory, list.size() == 1 ? list.get(0) : NDArrays.concat(list)));
          joined.put(layer, of);
        });
    return new EarlierKeys(joined);
  }

  /**
   * How many values {@link #read} would read, by layer: from the headers alone.
   *
   * @param layers the layers that are about to be edited
   */
  static Map<Integer, Long> sizes(VersionStore store, Version latest, List<Integer> layers) {
    Map<Integer, Long> sizes = new TreeMap<>();
    for (Version version = latest;
        version.manifest().parent() != null;
        version = parent(store, version)) {
      version.openKeys().ifPresent(keys -> count(keys, layers, sizes));
    }
    return sizes;
  }

  private static void count(Checkpoint keys, List<Integer> layers, Map<Integer, Long> sizes) {
    try (keys) {
      for (String name : keys.tensorNames()) {
        int layer = Integer.parseInt(name.substring(0, name.indexOf('.')));
        if (layers.contains(layer)) {
          sizes.merge(layer, keys.tensor(name).elements(), Long::sum);
        }
      }
    }
  }

  private static Version parent(VersionStore store, Version version) {
    return store.version(VersionRef.of(version.manifest().model(), version.manifest().parent()));
  }

  private static void collect(
      Checkpoint stored,
      Version version,
      Decoder decoder,
      List<Integer> layers,
      Map<Integer, Map<Integer, NDList>> pieces,
      Progress notes) {
    for (int layer : layers) {
      boolean found = false;
      for (int memory = 0; memory < decoder.architecture().memories(layer); memory++) {
        String name = name(layer, memory);
        if (stored.has(name)) {
          found = true;
          List<Long> shape = stored.tensor(name).shape();
          NDArray keys =
              Tensors.of(
                      decoder.manager(),
                      stored.data(name),
                      new Shape(shape.get(0), shape.get(1)),
                      DataType.FLOAT32)
                  .duplicate();
          pieces
              .computeIfAbsent(layer, key -> new TreeMap<>())
              .computeIfAbsent(memory, key -> new NDList())
              .add(keys);
        }
      }
      if (!found) {
        notes.note(
            version.manifest().ref()
                + " did not edit layer "
                + layer
                + " and holds no keys of it: its facts are not protected there");
      }
    }
  }

  private static String name(int layer, int memory) {
    return layer + "." + memory;
  }

  /** The keys as tensors of a version. */
  static Map<String, NewTensor> tensors(EarlierKeys keys) {
    Map<String, NewTensor> tensors = new TreeMap<>();
    keys.keys()
        .forEach(
            (layer, memories) ->
                memories.forEach(
                    (memory, rows) ->
                        tensors.put(
                            name(layer, memory),
                            new NewTensor(
                                Dtype.F32,
                                List.of(rows.getShape().get(0), rows.getShape().get(1)),
                                Tensors.bytes(Tensors.convert(rows, DataType.FLOAT32))))));
    return tensors;
  }
}
