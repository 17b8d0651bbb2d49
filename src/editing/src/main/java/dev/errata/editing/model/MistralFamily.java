package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Mistral 7B and its kin (Jiang et al. 2023): Llama with a sliding window in every layer. */
@AutoService(Family.class)
public final class MistralFamily implements Family {
  @Override
  public String modelType() {
    return "mistral";
  }

  @Override
  public Architecture describe(Config config) {
    List<Integer> windows =
        Collections.nCopies(
            config.integer("num_hidden_layers"), config.integer("sliding_window", 0));
    return LlamaLike.describe(
        modelType(), config, LlamaLike.headDim(config), Architecture.QueryKeyNorm.NONE, windows);
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    return LlamaLike.slots(a, false, false);
  }
}
