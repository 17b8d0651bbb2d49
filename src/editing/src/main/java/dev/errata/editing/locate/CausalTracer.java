package dev.errata.editing.locate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Frame;
import dev.errata.editing.model.Rows;
import dev.errata.editing.model.Site;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Causal tracing of one fact at a time (Meng et al. 2022, arXiv 2202.05262, section 2 and appendix
 * B): noise on the subject's embeddings makes the model forget; which single restored value makes
 * it remember?
 *
 * <p>All tokens and noises of a layer run together, from that layer on: what lies below is the same
 * as in the noisy run and is not computed again.
 */
final class CausalTracer {
  private static final Set<Site> SITES =
      EnumSet.of(Site.ATTENTION_OUTPUT, Site.FEED_FORWARD_OUTPUT, Site.BLOCK_OUTPUT);

  private final Decoder decoder;
  private final LocateSettings settings;
  private final double deviation;
  private final int layers;

  /**
   * Prepares.
   *
   * @param deviation standard deviation of the noise, in units of the embeddings
   */
  CausalTracer(Decoder decoder, LocateSettings settings, double deviation) {
    this.decoder = decoder;
    this.settings = settings;
    this.deviation = deviation;
    this.layers = decoder.architecture().layers();
  }

  /** The token that the model says behind a prompt. */
  int answer(TracePrompt prompt) {
    try (Scope scope = new Scope()) {
      TokenBatch batch = TokenBatch.of(List.of(prompt.ids()));
      NDArray hidden = decoder.hidden(batch, null, Tap.NONE);
      NDArray last = Rows.pick(hidden, new long[] {prompt.length() - 1L});
      return Math.toIntExact(decoder.logits(last).argMax(-1).toLongArray()[0]);
    }
  }

  /**
   * Noise for a fact: [samples, T, d], zero but at the subject's tokens. Drawn in Java, so that it
   * is the same on every device.
   */
  NDArray noise(TracePrompt prompt, long seed) {
    int width = decoder.architecture().hidden();
    Random random = new Random(seed);
    float[] values = new float[settings.samples() * prompt.length() * width];
    for (int sample = 0; sample < settings.samples(); sample++) {
      int from = (sample * prompt.length() + prompt.subjectStart()) * width;
      int to = (sample * prompt.length() + prompt.subjectEnd()) * width;
      for (int i = from; i < to; i++) {
        values[i] = (float) (deviation * random.nextGaussian());
      }
    }
    try (Scope scope = new Scope()) {
      Shape shape = new Shape(settings.samples(), prompt.length(), width);
      NDArray noise = Tensors.owned(decoder.manager().create(values, shape));
      return scope.keep(Tensors.convert(noise, decoder.compute().type()));
    }
  }

  /**
   * Traces a fact.
   *
   * @param answer the token whose probability is watched
   * @param seed seed of the noise
   */
  FactTrace trace(TracePrompt prompt, int answer, long seed) {
    try (Scope scope = new Scope();
        Recording clean = new Recording(SITES, layers);
        Recording noisy = new Recording(SITES, layers)) {
      TokenBatch one = TokenBatch.of(List.of(prompt.ids()));
      NDArray embedded = decoder.embed(one);
      Run run = new Run(prompt, answer, clean, noisy, embedded.add(noise(prompt, seed)));
      NDArray end =
          decoder.blocks(0, layers, embedded, decoder.frame(one, null), null, null, clean);
      double before = run.probabilities(end)[0];
      double corrupted = mean(run.corrupt());
      Map<Site, double[][]> effects = new EnumMap<>(Site.class);
      for (Site site : SITES) {
        effects.put(site, run.effects(site, corrupted));
      }
      Map<Site, double[]> severed = new EnumMap<>(Site.class);
      for (Site site : EnumSet.of(Site.ATTENTION_OUTPUT, Site.FEED_FORWARD_OUTPUT)) {
        severed.put(site, run.severed(site, corrupted));
      }
      return new FactTrace(before, corrupted, effects, severed);
    }
  }

  /**
   * The part of a trace that tells which layers to edit, at a small share of its cost: what the
   * hidden state at the subject's last token gains, by layer, and what it gains past severed
   * feed-forward layers.
   */
  LastToken lastToken(TracePrompt prompt, int answer, long seed) {
    try (Scope scope = new Scope();
        Recording clean = new Recording(SITES, layers);
        Recording noisy = new Recording(SITES, layers)) {
      TokenBatch one = TokenBatch.of(List.of(prompt.ids()));
      NDArray embedded = decoder.embed(one);
      Run run = new Run(prompt, answer, clean, noisy, embedded.add(noise(prompt, seed)));
      NDArray end =
          decoder.blocks(0, layers, embedded, decoder.frame(one, null), null, null, clean);
      double before = run.probabilities(end)[0];
      double corrupted = mean(run.corrupt());
      return new LastToken(
          before,
          corrupted,
          run.atLastToken(corrupted, (layer, mask) -> Tap.NONE),
          run.severed(Site.FEED_FORWARD_OUTPUT, corrupted));
    }
  }

  /** Gains at the subject's last token, by layer; see {@link FactTrace}. */
  record LastToken(double clean, double corrupted, double[] hidden, double[] severed) {}

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  /** The runs of one fact; S samples, T tokens. */
  private final class Run {
    private final TracePrompt prompt;
    private final int answer;
    private final Recording clean;
    private final Recording noisy;
    private final NDArray noisyEmbedding;

    Run(TracePrompt prompt, int answer, Recording clean, Recording noisy, NDArray noisyEmbedding) {
      this.prompt = prompt;
      this.answer = answer;
      this.clean = clean;
      this.noisy = noisy;
      this.noisyEmbedding = noisyEmbedding;
    }

    double[] corrupt() {
      try (Scope scope = new Scope()) {
        Frame frame = frame(settings.samples());
        return probabilities(decoder.blocks(0, layers, noisyEmbedding, frame, null, null, noisy));
      }
    }

    /** What is gained by restoring a site at every token and layer. */
    double[][] effects(Site site, double corrupted) {
      int tokens = prompt.length() - prompt.subjectStart();
      int rows = tokens * settings.samples();
      int chunk = Math.max(1, settings.batchTokens() / prompt.length());
      double[][] gains = new double[tokens][layers];
      for (int from = 0; from < rows; from += chunk) {
        int to = Math.min(rows, from + chunk);
        try (Scope scope = new Scope()) {
          Frame frame = frame(to - from);
          NDArray mask = mask(from, to);
          long[] samples = new long[to - from];
          for (int i = 0; i < samples.length; i++) {
            samples[i] = ((long) from + i) % settings.samples();
          }
          for (int layer = 0; layer < layers; layer++) {
            double[] found = restored(site, layer, mask, samples, frame);
            for (int i = 0; i < found.length; i++) {
              int token = (from + i) / settings.samples();
              gains[token][layer] += (found[i] - corrupted) / settings.samples();
            }
          }
        }
      }
      return gains;
    }

    private double[] restored(Site site, int layer, NDArray mask, long[] samples, Frame frame) {
      try (Scope scope = new Scope()) {
        if (site == Site.BLOCK_OUTPUT) {
          NDArray state = Tensors.rows(noisy.get(site, layer), samples);
          state = Overwrite.blend(state, clean.get(site, layer), mask);
          return probabilities(
              decoder.blocks(layer + 1, layers, state, frame, null, null, Tap.NONE));
        }
        int window = settings.windowOf(layers);
        int first = Math.max(0, layer - window / 2);
        int end = Math.min(layers, layer - window / 2 + window);
        NDArray below = first == 0 ? noisyEmbedding : noisy.get(Site.BLOCK_OUTPUT, first - 1);
        NDArray state = Tensors.rows(below, samples);
        Tap tap = new Overwrite(site, first, end, clean, mask);
        return probabilities(decoder.blocks(first, layers, state, frame, null, null, tap));
      }
    }

    /** What restoring the hidden state at the subject's last token gains past a severed site. */
    double[] severed(Site site, double corrupted) {
      return atLastToken(
          corrupted, (layer, mask) -> new Overwrite(site, layer + 1, layers, noisy, mask));
    }

    /** What restoring the hidden state at the subject's last token gains under a tap, by layer. */
    double[] atLastToken(double corrupted, BiFunction<Integer, NDArray, Tap> above) {
      int token = prompt.subjectEnd() - 1 - prompt.subjectStart();
      int from = token * settings.samples();
      double[] gains = new double[layers];
      try (Scope scope = new Scope()) {
        NDArray mask = mask(from, from + settings.samples());
        Frame frame = frame(settings.samples());
        for (int layer = 0; layer < layers; layer++) {
          try (Scope inner = new Scope()) {
            NDArray state =
                Overwrite.blend(
                    noisy.get(Site.BLOCK_OUTPUT, layer), clean.get(Site.BLOCK_OUTPUT, layer), mask);
            Tap tap = above.apply(layer, mask);
            NDArray end = decoder.blocks(layer + 1, layers, state, frame, null, null, tap);
            gains[layer] = mean(probabilities(end)) - corrupted;
          }
        }
      }
      return gains;
    }

    private Frame frame(int rows) {
      return decoder.frame(TokenBatch.of(Collections.nCopies(rows, prompt.ids())), null);
    }

    /** 1 at the token of each row, [to − from, T, 1]; rows count tokens first, then samples. */
    private NDArray mask(int from, int to) {
      int width = prompt.length();
      float[] values = new float[(to - from) * width];
      for (int row = from; row < to; row++) {
        values[(row - from) * width + prompt.subjectStart() + row / settings.samples()] = 1;
      }
      try (Scope scope = new Scope()) {
        NDArray mask = decoder.manager().create(values, new Shape(to - from, width, 1));
        return scope.keep(Tensors.convert(Tensors.owned(mask), decoder.compute().type()));
      }
    }

    /** Probability of the answer behind each row, from the state behind the last block. */
    double[] probabilities(NDArray hidden) {
      try (Scope scope = new Scope()) {
        long[] last = new long[Math.toIntExact(hidden.getShape().get(0))];
        Arrays.fill(last, prompt.length() - 1L);
        NDArray logits = decoder.logits(Rows.pick(hidden, last));
        NDArray wide = Tensors.convert(logits, DataType.FLOAT64);
        return wide.softmax(-1).get(":, " + answer).toDoubleArray();
      }
    }
  }
}
