package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.List;
import java.util.Map;

/**
 * Qwen1.5-MoE and Qwen2-57B-A14B (Yang et al. 2024, arXiv 2407.10671): a shared expert with a gate
 * of its own beside the routed ones.
 */
@AutoService(Family.class)
public final class Qwen2MoeFamily implements Family {
  @Override
  public String modelType() {
    return "qwen2_moe";
  }

  @Override
  public Architecture describe(Config config) {
    Architecture base =
        LlamaLike.describe(
            modelType(),
            config,
            LlamaLike.headDim(config),
            Architecture.QueryKeyNorm.NONE,
            Qwen2Family.windows(config));
    int[] experts = MixtureLike.experts(config, "num_experts", "num_local_experts");
    return MixtureLike.with(
        base,
        new Mixture(
            experts[0],
            experts[1],
            config.integer("moe_intermediate_size"),
            config.integer("shared_expert_intermediate_size"),
            true,
            MixtureLike.softmaxFirst(config.flag("norm_topk_prob", false)),
            MixtureLike.sparse(config, base.layers())));
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    return layouts(a).get(0);
  }

  @Override
  public List<Map<Part, Slot>> layouts(Architecture a) {
    Map<Part, Slot> dense = LlamaLike.slots(a, true, false);
    MixtureLike.addShared(dense, "mlp.shared_expert");
    dense.put(Part.SHARED_OPENING, LlamaLike.layer("mlp.shared_expert_gate.weight"));
    return MixtureLike.layouts(a, dense, "mlp", "gate_proj", "up_proj", "down_proj");
  }
}
