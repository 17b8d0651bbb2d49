package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.errata.editing.checkpoint.Checkpoint;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * Second moments of some layers that lie on disk: what is known of them is in memory, their
 * matrices are read when they are asked for, and belong to the asker's scope. They were compared
 * with their digests when this was made, and its files stay readable until it is closed.
 */
public final class Moments implements MomentSource, AutoCloseable {
  private final NDManager manager;
  private final Map<Integer, Layer> layers = new TreeMap<>();
  private final Map<Integer, Checkpoint> stored = new TreeMap<>();

  Moments(NDManager manager) {
    this.manager = manager;
  }

  /** None, for parts of a job that need none. */
  public static Moments none() {
    return new Moments(null);
  }

  /** Takes over an open folder of moments. */
  void put(Layer layer, Checkpoint folder) {
    layers.put(layer.index(), layer);
    stored.put(layer.index(), folder);
  }

  /** What is known of a layer's. */
  Layer layer(int index) {
    return layers.get(index);
  }

  boolean has(int layer) {
    return layers.containsKey(layer);
  }

  /** What is known of the moments, by ascending layer. */
  public Collection<Layer> layers() {
    return layers.values();
  }

  @Override
  public NDArray of(int layer, int memory) {
    return StoredMatrix.read(stored.get(layer), MomentCache.TENSOR + memory, manager);
  }

  @Override
  public void close() {
    stored.values().forEach(Checkpoint::close);
  }
}
