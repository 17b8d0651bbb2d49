package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.torch.Kernels;
import dev.errata.editing.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The feed-forward layers of a decoder. Those that are mixtures compute expert by expert, each over
 * the positions that the router sends to it and over no other.
 */
final class FeedForwards {
  private final Architecture architecture;
  private final Weights weights;
  private final Kernels kernels;

  FeedForwards(Architecture architecture, Weights weights, Kernels kernels) {
    this.architecture = architecture;
    this.weights = weights;
    this.kernels = kernels;
  }

  /**
   * The layer's output, to the open scope.
   *
   * @param x its normed input, [B, T, d]
   * @return [B, T, d]
   */
  NDArray apply(int layer, NDArray x, Tap tap) {
    return architecture.isMixture(layer) ? mixture(layer, x, tap) : dense(layer, x, tap);
  }

  private NDArray dense(int layer, NDArray x, Tap tap) {
    NDArray key = tap.at(layer, Site.FEED_FORWARD_KEY, key(layer, x));
    if (tap != Tap.NONE) {
      NDArray flat = key.reshape(-1, key.getShape().get(2));
      tap.keys(layer, List.of(new MemoryKeys(0, null, null, flat)));
    }
    return output(layer, key);
  }

  /** The input of a dense layer's edited linear, [B, T, f], to the open scope. */
  NDArray key(int layer, NDArray x) {
    return key(
        x,
        weights.get(Part.GATE, layer),
        weights.get(Part.GATE_BIAS, layer),
        weights.get(Part.UP, layer),
        weights.get(Part.UP_BIAS, layer));
  }

  /** The output of a dense layer's edited linear, [B, T, d], to the open scope. */
  NDArray output(int layer, NDArray key) {
    return kernels.one(
        "linear", key, weights.get(Part.DOWN, layer), weights.get(Part.DOWN_BIAS, layer));
  }

  private NDArray key(NDArray x, NDArray... weights) {
    return kernels.one("feed_forward_key", x, List.of(weights));
  }

  /**
   * Positions by expert.
   *
   * @param experts the experts that some position reaches, ascending
   * @param counts how many positions reach each of them
   * @param positions of all of them, expert after expert, int64 [m]
   * @param gates of the same, [m]
   * @param inverse for each position and each of its experts its place in these, int64 [n · k]
   */
  private record Groups(
      int[] experts, long[] counts, NDArray positions, NDArray gates, NDArray inverse) {}

  private NDArray mixture(int layer, NDArray input, Tap tap) {
    Shape shape = input.getShape();
    NDArray x = input.reshape(-1, shape.get(2));
    Groups groups = groups(scores(layer, input, tap));
    NDArray rows = Tensors.rows(x, groups.positions());
    NDList keys = expertKeys(layer, rows, groups);
    boolean shared = architecture.feedForward().mixture().sharedInner() > 0;
    NDArray sharedKey =
        shared
            ? key(
                x,
                weights.get(Part.SHARED_GATE, layer),
                weights.absent(),
                weights.get(Part.SHARED_UP, layer),
                weights.absent())
            : null;
    NDArray opening = shared ? opening(layer, x) : null;
    if (tap != Tap.NONE) {
      tap.keys(layer, memoryKeys(groups, keys, sharedKey, opening));
    }
    NDArray output = expertOutputs(layer, keys, groups);
    if (shared) {
      NDArray more =
          kernels.one("linear", sharedKey, weights.get(Part.SHARED_DOWN, layer), weights.absent());
      output = output.add(opening == null ? more : more.mul(opening.reshape(-1, 1)));
    }
    return output.reshape(shape);
  }

  private NDArray scores(int layer, NDArray x, Tap tap) {
    NDArray scores =
        kernels.one(
            "linear", x, weights.get(Part.ROUTER, layer), weights.get(Part.ROUTER_BIAS, layer));
    scores = tap.at(layer, Site.ROUTER_SCORES, scores);
    return scores.reshape(-1, scores.getShape().get(2));
  }

  private Groups groups(NDArray scores) {
    NDList parts = kernels.call("route", scores);
    long[] all = parts.get(3).toLongArray();
    int[] experts = IntStream.range(0, all.length).filter(e -> all[e] > 0).toArray();
    long[] counts = IntStream.of(experts).mapToLong(e -> all[e]).toArray();
    return new Groups(experts, counts, parts.get(0), parts.get(1), parts.get(2));
  }

  /** The keys of every expert in {@code groups}, [count, f] each. */
  private NDList expertKeys(int layer, NDArray rows, Groups groups) {
    List<NDArray> parts = new ArrayList<>();
    for (int expert : groups.experts()) {
      parts.add(weights.get(Part.EXPERT_GATE, layer, expert));
      parts.add(weights.get(Part.EXPERT_GATE_BIAS, layer, expert));
      parts.add(weights.get(Part.EXPERT_UP, layer, expert));
      parts.add(weights.get(Part.EXPERT_UP_BIAS, layer, expert));
    }
    NDArray counts = rows.getManager().create(groups.counts());
    return kernels.call("expert_keys", rows, counts, parts);
  }

  private NDArray expertOutputs(int layer, NDList keys, Groups groups) {
    List<NDArray> parts = new ArrayList<>();
    for (int expert : groups.experts()) {
      parts.add(weights.get(Part.EXPERT_DOWN, layer, expert));
      parts.add(weights.get(Part.EXPERT_DOWN_BIAS, layer, expert));
    }
    return kernels.one("expert_outputs", keys, parts, groups.gates(), groups.inverse());
  }

  /** The shared expert's own gate at every position, [n]; null when it is always open. */
  private NDArray opening(int layer, NDArray x) {
    return architecture.feedForward().mixture().sharedOpening()
        ? kernels.one("opening", x, weights.get(Part.SHARED_OPENING, layer))
        : null;
  }

  private List<MemoryKeys> memoryKeys(
      Groups groups, NDList keys, NDArray sharedKey, NDArray opening) {
    List<MemoryKeys> result = new ArrayList<>();
    long from = 0;
    for (int i = 0; i < groups.experts().length; i++) {
      String range = from + ":" + (from + groups.counts()[i]);
      result.add(
          new MemoryKeys(
              groups.experts()[i],
              groups.positions().get(range),
              groups.gates().get(range),
              keys.get(i)));
      from += groups.counts()[i];
    }
    if (sharedKey != null) {
      int index = architecture.feedForward().mixture().experts();
      result.add(new MemoryKeys(index, null, opening, sharedKey));
    }
    return result;
  }
}
