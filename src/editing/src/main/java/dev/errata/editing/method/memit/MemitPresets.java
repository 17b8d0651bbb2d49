package dev.errata.editing.method.memit;

import dev.errata.api.resource.Memit;
import dev.errata.editing.model.Architecture;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * What a job's settings are where it leaves them open, by the model's family and size.
 *
 * <p>Layers, steps and norms are those of MEMIT's published hyper-parameters and of EasyEdit's for
 * the larger models, measured for the smaller ones. The weight of the second moments is never
 * copied between models: it is chosen by the share of the residual that the first layer leaves.
 */
public final class MemitPresets {
  private static final double STOP_LOSS = 0.05;
  private static final double KL = 0.0625;
  private static final double RESIDUAL_SHARE = 0.3;
  private static final int STEPS = 25;

  /** Bytes that the activations of one batch may take on the way back through the layers. */
  private static final long ACTIVATIONS = 1L << 30;

  private static final int SMALL = 8;
  private static final String UNMEASURED = "any";

  private MemitPresets() {}

  /**
   * A preset.
   *
   * @param name what people call it
   * @param layers edited layers; values are found at the last one
   * @param valueSteps greatest number of optimisation steps a fact
   * @param learningRate Adam's rate
   * @param clamp greatest ‖δ‖ / ‖h₀‖
   * @param weightDecay factor of ‖δ‖ / ‖h₀‖²
   * @param stopLoss a fact whose loss is below it is finished
   * @param residualShare share of the residual that the first edited layer is to leave
   * @param prefixes number of sampled prefixes
   * @param preserve number of the job's other templates protected a subject
   * @param preserveFactor factor of the mean divergence on those templates
   * @param statisticsTokens tokens of the corpus for the second moments
   * @param domainTokens tokens of domain text that the second moments are taken of as well
   */
  public record Preset(
      String name,
      List<Integer> layers,
      int valueSteps,
      double learningRate,
      double clamp,
      double weightDecay,
      double stopLoss,
      double residualShare,
      int prefixes,
      int preserve,
      double preserveFactor,
      long statisticsTokens,
      int domainTokens) {
    /** Whether nobody has measured which layers of such a model are best edited. */
    public boolean unmeasured() {
      return name.equals(UNMEASURED);
    }
  }

  /** The preset of a model. */
  public static Preset of(Architecture model) {
    int layers = model.layers();
    if (model.family().equals("gptj") && layers == 28) {
      return large("GPT-J 6B", 3, 8, 0.5, 0.75, 0.5, 0);
    }
    if (model.family().equals("gpt2") && layers == 48) {
      return large("GPT-2 XL", 13, 17, 0.5, 0.75, 0.5, 0);
    }
    boolean wide = model.hidden() >= 3072;
    if (model.family().equals("llama") && wide && layers >= 28 && model.vocabulary() > 100_000) {
      return large("Llama 3", 4, 8, 0.1, 0.75, 0.5, 0);
    }
    if (List.of("llama", "mistral", "qwen2").contains(model.family()) && wide && layers >= 28) {
      return large("7B", 4, 8, 0.5, 4, 1e-3, 0);
    }
    // As it is, or upcycled to a mixture of experts.
    if (List.of("llama", "mixtral").contains(model.family())
        && layers == 30
        && model.hidden() < 1024) {
      return new Preset(
          "SmolLM2 135M",
          range(0, 7),
          STEPS,
          0.5,
          4,
          1e-3,
          STOP_LOSS,
          0.45,
          3,
          0,
          KL,
          30_000,
          9_000);
    }
    if (layers <= SMALL) {
      // Measured on the lab's models, which hold a person's facts at the end of the name.
      // Above the last layer there is no attention that could carry a value to its target.
      int last = Math.max(0, Math.min(2, layers - 2));
      List<Integer> two = range(Math.max(0, last - 1), last);
      // GPT-2 of that size keeps more of a subject's other facts when updates are smaller and more
      // templates are protected.
      boolean gpt2 = model.family().equals("gpt2");
      int steps = gpt2 ? 40 : STEPS;
      double share = gpt2 ? 0.6 : 0.45;
      int preserve = gpt2 ? 24 : 16;
      double factor = gpt2 ? 4 : 1;
      return new Preset(
          "small", two, steps, 0.2, 2, 1e-3, STOP_LOSS, share, 2, preserve, factor, 30_000, 0);
    }
    int first = (int) Math.round(0.1 * layers);
    return large(UNMEASURED, first, Math.min(first + 4, layers - 1), 0.5, 4, 1e-3, 9_000);
  }

  private static Preset large(
      String name, int first, int last, double rate, double clamp, double decay, int domainTokens) {
    return new Preset(
        name,
        range(first, last),
        STEPS,
        rate,
        clamp,
        decay,
        STOP_LOSS,
        RESIDUAL_SHARE,
        5,
        0,
        KL,
        100_000,
        domainTokens);
  }

  private static List<Integer> range(int first, int last) {
    return IntStream.rangeClosed(first, last).boxed().toList();
  }

  /**
   * The settings of a job.
   *
   * @param job what the job says, or null
   * @param model what the model is made of
   * @param seed seed of the job
   * @throws dev.errata.api.InputException when a layer is out of the model's range
   */
  public static MemitSettings resolve(Memit job, Architecture model, long seed) {
    return resolve(job, model, seed, of(model).layers());
  }

  /**
   * The same with other layers than the preset's where the job leaves them open.
   *
   * @param open these layers
   */
  public static MemitSettings resolve(
      Memit job, Architecture model, long seed, List<Integer> open) {
    Memit given =
        job != null
            ? job
            : new Memit(
                null, null, null, null, null, null, null, null, null, null, null, null, null, null);
    Preset preset = of(model);
    List<Integer> layers = or(given.layers(), open);
    int valueLayer = or(given.valueLayer(), layers.get(layers.size() - 1));
    return new MemitSettings(
            layers,
            valueLayer,
            or(given.valueSteps(), preset.valueSteps()),
            or(given.learningRate(), preset.learningRate()),
            or(given.clamp(), preset.clamp()),
            or(given.weightDecay(), preset.weightDecay()),
            or(given.klFactor(), KL),
            preset.stopLoss(),
            given.lambda(),
            or(given.residualShare(), preset.residualShare()),
            or(given.prefixes(), preset.prefixes()),
            or(given.prefixTokens(), 10),
            or(given.preserve(), preset.preserve()),
            preset.preserveFactor(),
            or(given.refinements(), 2),
            or(given.batchTokens(), batchTokens(model, valueLayer)),
            seed)
        .requireFits(model.layers());
  }

  /** As many tokens as keep the activations above the value layer within a budget. */
  private static int batchTokens(Architecture model, int valueLayer) {
    long above = Math.max(1, model.layers() - valueLayer);
    long floats = 12L * model.hidden() + 4L * model.feedForward().inner();
    long tokens = ACTIVATIONS / (above * floats * Float.BYTES);
    return (int) Math.max(256, Math.min(8192, tokens));
  }

  private static <T> T or(T given, T preset) {
    return Objects.requireNonNullElse(given, preset);
  }
}
