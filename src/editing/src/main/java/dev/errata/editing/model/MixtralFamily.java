package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Mixtral (Jiang et al. 2024, arXiv 2401.04088): Mistral with a mixture in every layer. */
@AutoService(Family.class)
public final class MixtralFamily implements Family {
  @Override
  public String modelType() {
    return "mixtral";
  }

  @Override
  public Architecture describe(Config config) {
    List<Integer> windows =
        Collections.nCopies(
            config.integer("num_hidden_layers"), config.integer("sliding_window", 0));
    Architecture base =
        LlamaLike.describe(
            modelType(),
            config,
            LlamaLike.headDim(config),
            Architecture.QueryKeyNorm.NONE,
            windows);
    int[] experts = MixtureLike.experts(config, "num_local_experts", "num_experts");
    return MixtureLike.with(
        base,
        new Mixture(
            experts[0],
            experts[1],
            config.integer("intermediate_size"),
            0,
            false,
            MixtureLike.softmaxFirst(true),
            MixtureLike.everywhere(base)));
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    return layouts(a).get(0);
  }

  @Override
  public List<Map<Part, Slot>> layouts(Architecture a) {
    Map<Part, Slot> dense = MixtureLike.withoutDense(LlamaLike.slots(a, false, false));
    return MixtureLike.layouts(a, dense, "block_sparse_moe", "w1", "w3", "w2");
  }
}
