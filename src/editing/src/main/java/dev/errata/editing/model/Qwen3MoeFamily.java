package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.List;
import java.util.Map;

/** Qwen3 with mixtures of experts (Yang et al. 2025, arXiv 2505.09388). */
@AutoService(Family.class)
public final class Qwen3MoeFamily implements Family {
  @Override
  public String modelType() {
    return "qwen3_moe";
  }

  @Override
  public Architecture describe(Config config) {
    Architecture base =
        LlamaLike.describe(
            modelType(),
            config,
            LlamaLike.headDim(config),
            Architecture.QueryKeyNorm.HEAD,
            Qwen2Family.windows(config));
    int[] experts = MixtureLike.experts(config, "num_experts", "num_local_experts");
    return MixtureLike.with(
        base,
        new Mixture(
            experts[0],
            experts[1],
            config.integer("moe_intermediate_size"),
            0,
            false,
            MixtureLike.softmaxFirst(config.flag("norm_topk_prob", false)),
            MixtureLike.sparse(config, base.layers())));
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    return layouts(a).get(0);
  }

  @Override
  public List<Map<Part, Slot>> layouts(Architecture a) {
    Map<Part, Slot> dense = LlamaLike.slots(a, false, false);
    return MixtureLike.layouts(a, dense, "mlp", "gate_proj", "up_proj", "down_proj");
  }
}
