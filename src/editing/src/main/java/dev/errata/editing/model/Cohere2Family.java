package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Command R7B and Command A (Cohere 2025, arXiv 2504.00698): Command-R with sliding windows; every
 * fourth layer sees everything and has no positions.
 */
@AutoService(Family.class)
public final class Cohere2Family implements Family {
  private static final CohereFamily COMMAND_R = new CohereFamily();

  @Override
  public String modelType() {
    return "cohere2";
  }

  @Override
  public Architecture describe(Config config) {
    List<Integer> windows = windows(config);
    Architecture base =
        LlamaLike.describe(
            modelType(),
            config,
            LlamaLike.headDim(config),
            Architecture.QueryKeyNorm.NONE,
            windows);
    Set<Integer> unlimited =
        IntStream.range(0, windows.size())
            .filter(layer -> windows.get(layer) == 0)
            .boxed()
            .collect(Collectors.toSet());
    Rotary rotary = Rotary.read(config.json(), base.attention().headDim()).without(unlimited);
    return CohereFamily.parallel(config, base, rotary);
  }

  private static List<Integer> windows(Config config) {
    int window = config.integer("sliding_window", 4096);
    int pattern = config.integer("sliding_window_pattern", 4);
    List<Integer> windows = new ArrayList<>();
    for (int layer = 0; layer < config.integer("num_hidden_layers"); layer++) {
      String named = config.json().path("layer_types").path(layer).asText("");
      boolean slides =
          named.isEmpty() ? (layer + 1) % pattern != 0 : named.equals("sliding_attention");
      windows.add(slides ? window : 0);
    }
    return List.copyOf(windows);
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    return COMMAND_R.slots(a);
  }
}
