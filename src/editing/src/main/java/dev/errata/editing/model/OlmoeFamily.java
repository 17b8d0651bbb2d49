package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.List;
import java.util.Map;

/**
 * OLMoE (Muennighoff et al. 2024, arXiv 2409.02060): whole projections of queries and keys normed,
 * all three clipped, gates as the softmax gives them.
 */
@AutoService(Family.class)
public final class OlmoeFamily implements Family {
  @Override
  public String modelType() {
    return "olmoe";
  }

  @Override
  public Architecture describe(Config config) {
    Architecture llama =
        LlamaLike.describe(
            modelType(),
            config,
            LlamaLike.headDim(config),
            Architecture.QueryKeyNorm.PROJECTION,
            LlamaLike.noWindows(config));
    Architecture.Attention attention = llama.attention();
    Architecture base =
        llama
            .withAttention(
                new Architecture.Attention(
                    attention.heads(),
                    attention.keyValueHeads(),
                    attention.headDim(),
                    attention.scale(),
                    0,
                    attention.queryKeyNorm(),
                    attention.windows(),
                    config.number("clip_qkv", 0),
                    null))
            .withNorm(
                new Architecture.Norm(
                    true, config.number("rms_norm_eps", 1e-5), false, Architecture.Placement.PRE));
    int[] experts = MixtureLike.experts(config, "num_experts", "num_local_experts");
    return MixtureLike.with(
        base,
        new Mixture(
            experts[0],
            experts[1],
            config.integer("intermediate_size"),
            0,
            false,
            MixtureLike.softmaxFirst(config.flag("norm_topk_prob", false)),
            MixtureLike.everywhere(base)));
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    return layouts(a).get(0);
  }

  @Override
  public List<Map<Part, Slot>> layouts(Architecture a) {
    Map<Part, Slot> dense = MixtureLike.withoutDense(LlamaLike.slots(a, false, false));
    return MixtureLike.layouts(a, dense, "mlp", "gate_proj", "up_proj", "down_proj");
  }
}
