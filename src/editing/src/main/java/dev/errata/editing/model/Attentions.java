package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.errata.editing.torch.Kernels;
import java.util.List;

/** The attention of a decoder's blocks: queries in groups, or latent keys and values. */
final class Attentions {
  private final Architecture architecture;
  private final Weights weights;
  private final Kernels kernels;
  private final Absent absent;

  /**
   * Empty tensors. DJL names the arguments of a call by marking the tensors: one tensor cannot be
   * an argument and an element of a list in the same call.
   *
   * @param angles for no rotation
   * @param keys for no cache
   */
  record Absent(NDArray angles, NDArray keys) {}

  Attentions(Architecture architecture, Weights weights, Kernels kernels, Absent absent) {
    this.architecture = architecture;
    this.weights = weights;
    this.kernels = kernels;
    this.absent = absent;
  }

  /**
   * The output, to the open scope.
   *
   * @param normed the block's normed input, [B, T, d]
   * @param past keys and values of earlier tokens, or null
   * @param record where to append those of these tokens, or null
   * @return [B, T, d]
   */
  NDArray apply(int layer, NDArray normed, Frame frame, KeyValueCache past, KeyValueCache record) {
    boolean turned =
        architecture.rotary() != null && !architecture.rotary().skipped().contains(layer);
    boolean latent = architecture.attention().latent() != null;
    boolean cached = past != null && past.has(layer);
    NDList result =
        kernels.call(
            latent ? "latent_attention" : "attention",
            normed,
            latent ? latentWeights(layer) : weights(layer),
            turned ? frame.cos() : absent.angles(),
            turned ? frame.sin() : absent.angles(),
            frame.masks().get(architecture.attention().windows().get(layer)),
            frame.places() == null ? absent.angles() : frame.places(),
            cached ? past.entries(layer) : List.of(absent.keys()));
    if (record != null) {
      record.append(layer, result.get(1), result.get(2));
    }
    return result.get(0);
  }

  private List<NDArray> weights(int layer) {
    return List.of(
        weights.get(Part.QUERY, layer),
        weights.get(Part.QUERY_BIAS, layer),
        weights.get(Part.KEY, layer),
        weights.get(Part.KEY_BIAS, layer),
        weights.get(Part.VALUE, layer),
        weights.get(Part.VALUE_BIAS, layer),
        weights.get(Part.OUTPUT, layer),
        weights.get(Part.OUTPUT_BIAS, layer),
        weights.get(Part.QUERY_NORM, layer),
        weights.get(Part.KEY_NORM, layer),
        weights.absent(),
        weights.get(Part.SINKS, layer));
  }

  private List<NDArray> latentWeights(int layer) {
    return List.of(
        weights.get(Part.QUERY_IN, layer),
        weights.get(Part.QUERY_IN_NORM, layer),
        weights.get(Part.QUERY, layer),
        weights.get(Part.KEY_VALUE_IN, layer),
        weights.get(Part.KEY_VALUE_IN_NORM, layer),
        weights.get(Part.KEY_VALUE, layer),
        weights.get(Part.OUTPUT, layer),
        weights.absent());
  }
}
