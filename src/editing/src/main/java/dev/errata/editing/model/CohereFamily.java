package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.Map;
import java.util.Set;

/**
 * Command-R and Aya 23 (Cohere 2024): both halves of a block read one layer norm without bias,
 * pairs of neighbouring dimensions turn, logits have a factor; Command-R+ normalises every head of
 * query and key by its own weights.
 */
@AutoService(Family.class)
public final class CohereFamily implements Family {
  private static final Set<Part> BIASES =
      Set.of(Part.QUERY_BIAS, Part.KEY_BIAS, Part.VALUE_BIAS, Part.OUTPUT_BIAS);

  @Override
  public String modelType() {
    return "cohere";
  }

  @Override
  public Architecture describe(Config config) {
    Architecture.QueryKeyNorm norm =
        config.flag("use_qk_norm", false)
            ? Architecture.QueryKeyNorm.OWN_HEAD
            : Architecture.QueryKeyNorm.NONE;
    Architecture base =
        LlamaLike.describe(
            modelType(), config, LlamaLike.headDim(config), norm, LlamaLike.noWindows(config));
    return parallel(
        config,
        base,
        Rotary.read(config.json(), base.attention().headDim(), "rope_theta", 500_000));
  }

  /** What Command-R and Command R7B share. */
  static Architecture parallel(Config config, Architecture base, Rotary rotary) {
    return base.withNorm(
            new Architecture.Norm(
                false,
                config.number("layer_norm_eps", 1e-5),
                false,
                Architecture.Placement.PARALLEL_SHARED))
        .withRotary(rotary.withInterleaving())
        .withPositions(config.integer("max_position_embeddings", 8192))
        .withTied(config.flag("tie_word_embeddings", true))
        .withLogitScale(config.number("logit_scale", 0.0625))
        .withBiases(config.flag("attention_bias", false) ? BIASES : Set.of());
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    boolean biased = !a.biases().isEmpty();
    Map<Part, Slot> slots = LlamaLike.slots(a, biased, biased);
    slots.remove(Part.FEED_FORWARD_NORM);
    return slots;
  }
}
