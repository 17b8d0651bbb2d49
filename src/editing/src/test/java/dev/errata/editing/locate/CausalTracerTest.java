package dev.errata.editing.locate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Site;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The tracer against the plain form in float64: one row, one token and one noise at a time, always
 * from the embedding to the last block, values replaced one by one.
 */
class CausalTracerTest {
  private static final TracePrompt PROMPT =
      new TracePrompt(new int[] {5, 9, 40, 17, 3, 66}, 1, 4, null);
  private static final int ANSWER = 21;
  private static final long SEED = 4;
  private static final double EXACT = 1e-12;

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "qwen3", "gemma2", "falcon_new", "granite"})
  void equalsThePlainForm(String family) {
    Path directory = Path.of("src/test/resources/goldens").resolve(family);
    // 13 tokens at once: two rows, so that the samples of a token fall into different batches.
    LocateSettings settings = new LocateSettings(3, 3, 2, SEED, 13);
    Compute compute = new Compute(Device.cpu(), DataType.FLOAT64);
    try (Checkpoint checkpoint = Checkpoint.open(directory);
        Decoder decoder = Decoder.open(checkpoint, compute)) {
      FactTrace trace = new CausalTracer(decoder, settings, 0.4).trace(PROMPT, ANSWER, SEED);
      try (Scope scope = new Scope()) {
        Plain plain = new Plain(decoder, settings);
        assertThat(trace.clean()).isCloseTo(plain.clean(), within(EXACT));
        assertThat(trace.corrupted()).isCloseTo(plain.corrupted, within(EXACT));
        assertThat(Math.abs(trace.clean() - trace.corrupted())).isGreaterThan(1e-4);
        for (Site site : trace.effects().keySet()) {
          double[][] effects = trace.effects().get(site);
          assertThat(effects).hasDimensions(5, decoder.architecture().layers());
          for (int token = 0; token < effects.length; token++) {
            for (int layer = 0; layer < effects[token].length; layer++) {
              assertThat(effects[token][layer])
                  .as("%s of token %d at layer %d", site, token, layer)
                  .isCloseTo(plain.effect(site, token + 1, layer), within(EXACT));
            }
          }
        }
        for (Site site : trace.severed().keySet()) {
          for (int layer = 0; layer < decoder.architecture().layers(); layer++) {
            assertThat(trace.severed().get(site)[layer])
                .as("%s severed above layer %d", site, layer)
                .isCloseTo(plain.severed(site, layer), within(EXACT));
          }
        }
      }
    }
  }

  private static final class Plain {
    private final Decoder decoder;
    private final LocateSettings settings;
    private final int layers;
    private final int width;
    private final NDArray embedded;
    private final NDArray noise;
    private final double corrupted;

    Plain(Decoder decoder, LocateSettings settings) {
      this.decoder = decoder;
      this.settings = settings;
      this.layers = decoder.architecture().layers();
      this.width = decoder.architecture().hidden();
      this.embedded = decoder.embed(TokenBatch.of(List.of(PROMPT.ids())));
      this.noise = new CausalTracer(decoder, settings, 0.4).noise(PROMPT, SEED);
      double sum = 0;
      for (int sample = 0; sample < settings.samples(); sample++) {
        sum += run(noisy(sample), Tap.NONE);
      }
      this.corrupted = sum / settings.samples();
    }

    double clean() {
      return run(embedded, Tap.NONE);
    }

    private NDArray noisy(int sample) {
      return embedded.add(noise.get(sample).expandDims(0));
    }

    private double run(NDArray input, Tap tap) {
      var frame = decoder.frame(TokenBatch.of(List.of(PROMPT.ids())), null);
      NDArray end = decoder.blocks(0, layers, input, frame, null, null, tap);
      double[] logits = decoder.logits(end.get(0).get(PROMPT.length() - 1)).toDoubleArray();
      double sum = Arrays.stream(logits).map(Math::exp).sum();
      return Math.exp(logits[ANSWER]) / sum;
    }

    /** Values at a site, [layer][T · d]. */
    private List<double[]> values(NDArray input, Site wanted) {
      List<double[]> values = new ArrayList<>();
      run(
          input,
          (layer, site, value) -> {
            if (site == wanted) {
              values.add(value.toDoubleArray());
            }
            return value;
          });
      return values;
    }

    private NDArray put(NDArray value, double[] source, int token) {
      double[] changed = value.toDoubleArray();
      System.arraycopy(source, token * width, changed, token * width, width);
      return decoder.manager().create(changed, value.getShape());
    }

    double effect(Site wanted, int token, int layer) {
      List<double[]> clean = values(embedded, wanted);
      // A window of 2 at layer l is l − 1 and l; the hidden state has none.
      int first = wanted == Site.BLOCK_OUTPUT ? layer : layer - 1;
      double sum = 0;
      for (int sample = 0; sample < settings.samples(); sample++) {
        sum +=
            run(
                noisy(sample),
                (at, site, value) ->
                    site == wanted && first <= at && at <= layer
                        ? put(value, clean.get(at), token)
                        : value);
      }
      return sum / settings.samples() - corrupted;
    }

    double severed(Site cut, int layer) {
      List<double[]> clean = values(embedded, Site.BLOCK_OUTPUT);
      int token = PROMPT.subjectEnd() - 1;
      double sum = 0;
      for (int sample = 0; sample < settings.samples(); sample++) {
        List<double[]> before = values(noisy(sample), cut);
        sum +=
            run(
                noisy(sample),
                (at, site, value) -> {
                  if (site == Site.BLOCK_OUTPUT && at == layer) {
                    return put(value, clean.get(at), token);
                  }
                  return site == cut && at > layer ? put(value, before.get(at), token) : value;
                });
      }
      return sum / settings.samples() - corrupted;
    }
  }
}
