package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Phi-3, Phi-3.5, Phi-4 and Phi-4-mini (Abdin et al. 2024, arXiv 2404.14219): query, key and value
 * in one tensor, gate and up in another. Checkpoints for long texts are read up to the length of
 * their first training, see {@link Rotary#longest}.
 */
@AutoService(Family.class)
public final class Phi3Family implements Family {
  @Override
  public String modelType() {
    return "phi3";
  }

  @Override
  public Architecture describe(Config config) {
    int headDim = LlamaLike.headDim(config);
    int window = config.integer("sliding_window", 0);
    List<Integer> windows = Collections.nCopies(config.integer("num_hidden_layers"), window);
    Architecture base =
        LlamaLike.describe(modelType(), config, headDim, Architecture.QueryKeyNorm.NONE, windows);
    double epsilon = config.number("rms_norm_eps", 1e-5);
    return base.withNorm(new Architecture.Norm(true, epsilon, false, Architecture.Placement.PRE))
        .withRotary(base.rotary())
        .withPositions(
            Rotary.longest(config.json(), config.integer("max_position_embeddings", 4096)));
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    int queries = a.attention().heads() * a.attention().headDim();
    int keys = a.attention().keyValueHeads() * a.attention().headDim();
    int inner = a.feedForward().inner();
    String projections = "model.layers.%d.self_attn.qkv_proj.weight";
    String gateAndUp = "model.layers.%d.mlp.gate_up_proj.weight";
    Map<Part, Slot> slots = LlamaLike.slots(a, false, false);
    slots.put(Part.QUERY, new Slot(projections, false, 0, queries));
    slots.put(Part.KEY, new Slot(projections, false, queries, queries + keys));
    slots.put(Part.VALUE, new Slot(projections, false, queries + keys, queries + 2 * keys));
    slots.put(Part.GATE, new Slot(gateAndUp, false, 0, inner));
    slots.put(Part.UP, new Slot(gateAndUp, false, inner, 2 * inner));
    return slots;
  }
}
