package dev.errata.editing.model;

import dev.errata.api.InputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What the mixtures of experts share that follow Llama's names outside their experts. */
final class MixtureLike {
  private MixtureLike() {}

  /** The same architecture with a mixture in some of its layers. */
  static Architecture with(Architecture base, Mixture mixture) {
    Architecture.FeedForward dense = base.feedForward();
    return base.withFeedForward(
        new Architecture.FeedForward(
            dense.inner(), dense.activation(), dense.gated(), dense.limit(), mixture));
  }

  /**
   * Number of experts, which transformers 4 and 5 and the families call differently, and of those
   * that a token takes.
   *
   * @param names fields that may hold the number of experts, in order
   * @return both
   * @throws InputException when they are missing, or a token takes more experts than there are
   */
  static int[] experts(Family.Config config, String... names) {
    String name = names[0];
    for (String candidate : names) {
      if (config.json().hasNonNull(candidate)) {
        name = candidate;
        break;
      }
    }
    int experts = config.integer(name);
    int perToken = config.integer("num_experts_per_tok");
    if (experts < 1 || perToken < 1 || perToken > experts) {
      throw new InputException(
          config.file()
              + ": num_experts_per_tok is "
              + perToken
              + " and "
              + name
              + " is "
              + experts
              + "; a token must take at least one expert and not more than there are");
    }
    return new int[] {experts, perToken};
  }

  /** All layers are mixtures. */
  static List<Boolean> everywhere(Architecture base) {
    return Collections.nCopies(base.layers(), true);
  }

  /** Every n-th layer is a mixture, but those that {@code mlp_only_layers} names (Qwen). */
  static List<Boolean> sparse(Family.Config config, int layers) {
    int step = config.integer("decoder_sparse_step", 1);
    List<Integer> dense = new ArrayList<>();
    config.json().path("mlp_only_layers").forEach(layer -> dense.add(layer.asInt()));
    List<Boolean> result = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      result.add(!dense.contains(layer) && (layer + 1) % step == 0);
    }
    return List.copyOf(result);
  }

  /** Softmax over all experts, then the best of them. */
  static Mixture.Routing softmaxFirst(boolean normalised) {
    return new Mixture.Routing(false, normalised, 1, 1, 1);
  }

  /**
   * Two layouts: a tensor for each expert's linear, as the hub has them, and all experts of a layer
   * in one tensor, as transformers 5 holds them.
   *
   * @param dense slots of all that is no expert and no router
   * @param block name of the layer's mixture in a checkpoint with a tensor for each expert
   * @param gate name of an expert's gate in it, and so on
   */
  static List<Map<Part, Slot>> layouts(
      Architecture a, Map<Part, Slot> dense, String block, String gate, String up, String down) {
    Map<Part, Slot> single = new EnumMap<>(dense);
    single.put(Part.ROUTER, LlamaLike.layer(block + ".gate.weight"));
    String expert = block + ".experts.%e.";
    single.put(Part.EXPERT_GATE, LlamaLike.layer(expert + gate + ".weight"));
    single.put(Part.EXPERT_UP, LlamaLike.layer(expert + up + ".weight"));
    single.put(Part.EXPERT_DOWN, LlamaLike.layer(expert + down + ".weight"));
    Map<Part, Slot> packed = new EnumMap<>(dense);
    packed.put(Part.ROUTER, LlamaLike.layer("mlp.gate.weight"));
    int f = a.feedForward().mixture().inner();
    packed.put(Part.EXPERT_GATE, packed("mlp.experts.gate_up_proj", 0, f));
    packed.put(Part.EXPERT_UP, packed("mlp.experts.gate_up_proj", f, 2 * f));
    packed.put(Part.EXPERT_DOWN, packed("mlp.experts.down_proj", 0, 0));
    return List.of(single, packed);
  }

  /** The slots of a shared expert. */
  static void addShared(Map<Part, Slot> slots, String name) {
    slots.put(Part.SHARED_GATE, LlamaLike.layer(name + ".gate_proj.weight"));
    slots.put(Part.SHARED_UP, LlamaLike.layer(name + ".up_proj.weight"));
    slots.put(Part.SHARED_DOWN, LlamaLike.layer(name + ".down_proj.weight"));
  }

  private static Slot packed(String name, int from, int to) {
    return new Slot("model.layers.%d." + name, false, from, to, 1, true);
  }

  /** Llama's slots without those of a dense feed-forward layer, where no layer is dense. */
  static Map<Part, Slot> withoutDense(Map<Part, Slot> slots) {
    for (Part part : List.of(Part.GATE, Part.UP, Part.DOWN)) {
      slots.remove(part);
    }
    return slots;
  }
}
