package dev.errata.editing.locate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Part;
import dev.errata.editing.model.Site;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/** Traces facts through a model and averages what was found. */
public final class Locator {
  private Locator() {}

  /**
   * Traces.
   *
   * @param facts at least one; one whose old target the model does not say is left out
   * @param progress hears of facts
   * @throws InputException when no fact is left or a prompt is longer than the model takes
   */
  public static Trace trace(
      Decoder decoder,
      Tokenizer tokenizer,
      List<Fact> facts,
      LocateSettings settings,
      Progress progress) {
    int positions = decoder.architecture().positions();
    List<TracePrompt> prompts =
        facts.stream().map(fact -> TracePrompt.of(tokenizer, fact, positions)).toList();
    double deviation = settings.noise() * spread(decoder, prompts);
    CausalTracer tracer = new CausalTracer(decoder, settings, deviation);
    // One draw a fact, in their order: a fact's noise does not depend on what was left out.
    Random seeds = new Random(settings.seed());
    List<TracePrompt> traced = new ArrayList<>();
    List<FactTrace> traces = new ArrayList<>();
    List<Integer> unknown = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      TracePrompt prompt = prompts.get(i);
      long seed = seeds.nextLong();
      int answer = tracer.answer(prompt);
      if (prompt.known() != null && prompt.known() != answer) {
        unknown.add(facts.get(i).line());
      } else {
        traced.add(prompt);
        traces.add(tracer.trace(prompt, answer, seed));
      }
      progress.advance(i + 1L, prompts.size());
    }
    if (traces.isEmpty()) {
      throw new InputException(
          "the model knows none of the "
              + facts.size()
              + " facts: it says the old target of none; give facts that it knows, or facts without"
              + " old targets to trace whatever it says");
    }
    return average(decoder, settings, deviation, traced, traces, unknown);
  }

  /** Standard deviation of the embeddings of the subjects' tokens, over all of their elements. */
  static double spread(Decoder decoder, List<TracePrompt> prompts) {
    long[] tokens =
        prompts.stream()
            .flatMapToLong(
                p -> Arrays.stream(p.ids(), p.subjectStart(), p.subjectEnd()).asLongStream())
            .toArray();
    try (Scope scope = new Scope()) {
      NDArray rows =
          Tensors.convert(
              Tensors.rows(decoder.weight(Part.EMBEDDING, 0), tokens), DataType.FLOAT64);
      double[] values = rows.mul(decoder.architecture().embeddingScale()).toDoubleArray();
      double mean = Arrays.stream(values).average().orElseThrow();
      double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
      return Math.sqrt(squares / values.length);
    }
  }

  private static Trace average(
      Decoder decoder,
      LocateSettings settings,
      double deviation,
      List<TracePrompt> prompts,
      List<FactTrace> traces,
      List<Integer> unknown) {
    int layers = decoder.architecture().layers();
    Map<TokenRole, Integer> counts = new EnumMap<>(TokenRole.class);
    for (TracePrompt prompt : prompts) {
      rolesOf(prompt).keySet().forEach(role -> counts.merge(role, 1, Integer::sum));
    }
    var hidden = byRole(prompts, traces, Site.BLOCK_OUTPUT, layers);
    var last =
        new Trace.LastSubject(
            hidden.get(TokenRole.LAST_SUBJECT),
            severed(traces, Site.ATTENTION_OUTPUT, layers),
            severed(traces, Site.FEED_FORWARD_OUTPUT, layers));
    return new Trace(
        traces.size(),
        List.copyOf(unknown),
        new LocateSettings(
            settings.samples(),
            settings.noise(),
            settings.windowOf(layers),
            settings.seed(),
            settings.batchTokens()),
        deviation,
        mean(traces, FactTrace::clean),
        mean(traces, FactTrace::corrupted),
        counts,
        hidden,
        byRole(prompts, traces, Site.ATTENTION_OUTPUT, layers),
        byRole(prompts, traces, Site.FEED_FORWARD_OUTPUT, layers),
        last,
        LayerChoice.of(last.hidden(), last.feedForwardSevered(), LayerChoice.LAYERS));
  }

  private static double mean(List<FactTrace> traces, ToDoubleFunction<FactTrace> value) {
    return traces.stream().mapToDouble(value).average().orElseThrow();
  }

  private static List<Double> severed(List<FactTrace> traces, Site site, int layers) {
    List<Double> means = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      int at = layer;
      means.add(mean(traces, trace -> trace.severed().get(site)[at]));
    }
    return List.copyOf(means);
  }

  /** Positions of each role, counted from the subject's first token. */
  private static Map<TokenRole, List<Integer>> rolesOf(TracePrompt prompt) {
    Map<TokenRole, List<Integer>> roles = new EnumMap<>(TokenRole.class);
    for (int i = prompt.subjectStart(); i < prompt.length(); i++) {
      roles
          .computeIfAbsent(TokenRole.of(prompt, i), role -> new ArrayList<>())
          .add(i - prompt.subjectStart());
    }
    return roles;
  }

  /** The mean over facts of the mean over a fact's tokens of a role. */
  private static Map<TokenRole, List<Double>> byRole(
      List<TracePrompt> prompts, List<FactTrace> traces, Site site, int layers) {
    Map<TokenRole, double[]> sums = new EnumMap<>(TokenRole.class);
    Map<TokenRole, Integer> counts = new EnumMap<>(TokenRole.class);
    for (int i = 0; i < traces.size(); i++) {
      double[][] effects = traces.get(i).effects().get(site);
      rolesOf(prompts.get(i))
          .forEach(
              (role, positions) -> {
                double[] sum = sums.computeIfAbsent(role, r -> new double[layers]);
                counts.merge(role, 1, Integer::sum);
                for (int position : positions) {
                  for (int layer = 0; layer < layers; layer++) {
                    sum[layer] += effects[position][layer] / positions.size();
                  }
                }
              });
    }
    Map<TokenRole, List<Double>> means = new EnumMap<>(TokenRole.class);
    sums.forEach(
        (role, sum) ->
            means.put(role, Arrays.stream(sum).map(s -> s / counts.get(role)).boxed().toList()));
    return means;
  }
}
