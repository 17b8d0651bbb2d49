package dev.errata.editing.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.errata.api.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * DeepSeek-V2 and V2-Lite (DeepSeek-AI 2024, arXiv 2405.04434): latent attention, dense first
 * layers, shared experts that are always open, routing limited to groups of experts.
 */
@AutoService(Family.class)
public final class DeepSeekV2Family implements Family {
  @Override
  public String modelType() {
    return "deepseek_v2";
  }

  @Override
  public Architecture describe(Config config) {
    LlamaLike.requireOff(config, "attention_bias", "mlp_bias");
    int rope = config.integer("qk_rope_head_dim");
    int still = config.integer("qk_nope_head_dim");
    Architecture llama =
        LlamaLike.describe(
            modelType(),
            config,
            still + rope,
            Architecture.QueryKeyNorm.NONE,
            LlamaLike.noWindows(config));
    Architecture.Latent latent =
        new Architecture.Latent(
            config.integer("q_lora_rank", 0),
            config.integer("kv_lora_rank"),
            still,
            rope,
            config.integer("v_head_dim"));
    Architecture.Attention attention = llama.attention();
    Architecture base =
        llama
            .withAttention(
                new Architecture.Attention(
                    attention.heads(),
                    attention.heads(),
                    still + rope,
                    scale(config, still + rope),
                    0,
                    attention.queryKeyNorm(),
                    attention.windows(),
                    0,
                    latent))
            .withRotary(Rotary.read(config.json(), rope).withInterleaving());
    int[] experts = MixtureLike.experts(config, "n_routed_experts", "num_local_experts");
    return MixtureLike.with(
        base,
        new Mixture(
            experts[0],
            experts[1],
            config.integer("moe_intermediate_size"),
            config.integer("moe_intermediate_size") * config.integer("n_shared_experts", 0),
            false,
            routing(config, experts[0]),
            mixtures(config, base.layers())));
  }

  /** The temperature of YaRN is on the scores, twice: on queries and on keys. */
  private static double scale(Config config, int width) {
    JsonNode scaling = Rotary.parameters(config.json());
    double factor = scaling.path("factor").asDouble(1);
    double all = scaling.path("mscale_all_dim").asDouble(0);
    double temperature = all == 0 ? 1 : Rotary.temperature(factor, all);
    return temperature * temperature / Math.sqrt(width);
  }

  private static Mixture.Routing routing(Config config, int experts) {
    String method = config.text("topk_method", "greedy");
    double scale = config.number("routed_scaling_factor", 1);
    if (config.flag("norm_topk_prob", false)
        || !config.text("scoring_func", "softmax").equals("softmax")) {
      throw new InputException(
          config.file() + ": only scoring_func softmax with norm_topk_prob false is supported");
    }
    return switch (method) {
      case "greedy" -> new Mixture.Routing(false, false, scale, 1, 1);
      case "group_limited_greedy" -> {
        int groups = config.integer("n_group");
        LlamaLike.requireDivisible(config, "n_routed_experts", experts, "n_group", groups);
        yield new Mixture.Routing(false, false, scale, groups, config.integer("topk_group"));
      }
      default ->
          throw new InputException(
              config.file()
                  + ": topk_method '"
                  + method
                  + "' is not known; known are greedy and group_limited_greedy");
    };
  }

  private static List<Boolean> mixtures(Config config, int layers) {
    int first = config.integer("first_k_dense_replace", 0);
    int every = config.integer("moe_layer_freq", 1);
    List<Boolean> result = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      result.add(layer >= first && layer % every == 0);
    }
    return List.copyOf(result);
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    return layouts(a).get(0);
  }

  @Override
  public List<Map<Part, Slot>> layouts(Architecture a) {
    Map<Part, Slot> dense = LlamaLike.slots(a, false, false);
    dense.remove(Part.KEY);
    dense.remove(Part.VALUE);
    if (a.attention().latent().queryRank() > 0) {
      dense.remove(Part.QUERY);
      dense.put(Part.QUERY_IN, LlamaLike.layer("self_attn.q_a_proj.weight"));
      dense.put(Part.QUERY_IN_NORM, LlamaLike.layer("self_attn.q_a_layernorm.weight"));
      dense.put(Part.QUERY, LlamaLike.layer("self_attn.q_b_proj.weight"));
    }
    dense.put(Part.KEY_VALUE_IN, LlamaLike.layer("self_attn.kv_a_proj_with_mqa.weight"));
    dense.put(Part.KEY_VALUE_IN_NORM, LlamaLike.layer("self_attn.kv_a_layernorm.weight"));
    dense.put(Part.KEY_VALUE, LlamaLike.layer("self_attn.kv_b_proj.weight"));
    if (a.feedForward().mixture().sharedInner() > 0) {
      MixtureLike.addShared(dense, "mlp.shared_experts");
    }
    return MixtureLike.layouts(a, dense, "mlp", "gate_proj", "up_proj", "down_proj");
  }
}
