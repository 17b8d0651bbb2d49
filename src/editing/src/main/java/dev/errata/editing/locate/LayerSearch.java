package dev.errata.editing.locate;

import dev.errata.api.Fact;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Finds the layers to edit in a model that nobody has measured, by causal tracing of a few of a
 * job's facts at the subject's last token only.
 */
public final class LayerSearch {
  /** As many facts as are traced; noise in their mean is far below the gaps between layers. */
  private static final int FACTS = 10;

  /** How many are looked at to find as many that the model knows. */
  private static final int CANDIDATES = 40;

  private static final LocateSettings SETTINGS = new LocateSettings(4, 3, 0, 0, 4096);

  private LayerSearch() {}

  /**
   * What was found.
   *
   * @param layers the layers to edit, ascending
   * @param facts how many facts were traced
   * @param known whether the model knows their old targets; otherwise it was traced whatever it
   *     says
   * @param clean mean probability of the answer
   * @param corrupted the same with a noisy subject
   */
  public record Found(
      List<Integer> layers, int facts, boolean known, double clean, double corrupted) {}

  /**
   * Searches. The same facts, model and seed give the same layers.
   *
   * @param facts at least one, each within the model's context
   * @param progress hears of facts
   */
  public static Found search(
      Decoder decoder, Tokenizer tokenizer, List<Fact> facts, long seed, Progress progress) {
    List<Fact> drawn = new ArrayList<>(facts);
    Collections.shuffle(drawn, new Random(seed));
    int positions = decoder.architecture().positions();
    List<TracePrompt> prompts =
        drawn.stream()
            .limit(CANDIDATES)
            .map(fact -> TracePrompt.of(tokenizer, fact, positions))
            .toList();
    double deviation = SETTINGS.noise() * Locator.spread(decoder, prompts);
    CausalTracer tracer = new CausalTracer(decoder, SETTINGS, deviation);
    int[] answers = prompts.stream().mapToInt(tracer::answer).toArray();
    List<Integer> known =
        IntStream.range(0, answers.length)
            .filter(i -> Integer.valueOf(answers[i]).equals(prompts.get(i).known()))
            .boxed()
            .toList();
    List<Integer> chosen =
        (known.isEmpty() ? IntStream.range(0, answers.length).boxed().toList() : known)
            .stream().limit(FACTS).toList();
    int layers = decoder.architecture().layers();
    double[] hidden = new double[layers];
    double[] severed = new double[layers];
    double clean = 0;
    double corrupted = 0;
    Random seeds = new Random(seed);
    for (int n = 0; n < chosen.size(); n++) {
      int i = chosen.get(n);
      CausalTracer.LastToken trace = tracer.lastToken(prompts.get(i), answers[i], seeds.nextLong());
      clean += trace.clean() / chosen.size();
      corrupted += trace.corrupted() / chosen.size();
      for (int layer = 0; layer < layers; layer++) {
        hidden[layer] += trace.hidden()[layer] / chosen.size();
        severed[layer] += trace.severed()[layer] / chosen.size();
      }
      progress.advance(n + 1L, chosen.size());
    }
    // Above the last layer there is no attention that could carry a value to its target.
    int usable = Math.max(1, layers - 1);
    List<Integer> best =
        LayerChoice.of(first(hidden, usable), first(severed, usable), LayerChoice.LAYERS);
    return new Found(best, chosen.size(), !known.isEmpty(), clean, corrupted);
  }

  private static List<Double> first(double[] values, int count) {
    return Arrays.stream(values).limit(count).boxed().toList();
  }
}
