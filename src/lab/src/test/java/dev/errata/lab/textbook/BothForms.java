package dev.errata.lab.textbook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.errata.api.Fact;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.method.memit.EarlierKeys;
import dev.errata.editing.method.memit.EditMetric;
import dev.errata.editing.method.memit.LayerReport;
import dev.errata.editing.method.memit.LayerUpdate;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.method.memit.SubjectGroup;
import dev.errata.editing.method.memit.ValueOptimizer;
import dev.errata.editing.method.memit.ValueSet;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.statistics.Moment;
import dev.errata.editing.statistics.SecondMoments;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** One job done by the textbook in float64 and by the library, part by part. */
final class BothForms implements AutoCloseable {
  static final Compute WIDE = new Compute(Compute.CPU.device(), DataType.FLOAT64);

  final List<TextbookValue> expected;
  final ValueSet actual;
  private final Checkpoint checkpoint;
  private final Tokenizer tokenizer;
  private final Decoder plainDecoder;
  private final Decoder decoder;
  private final Scope scope = new Scope();
  private final MemitSettings settings;
  private final List<String> prefixes;
  private final TextbookMemit plain;

  /** Finds the values of facts in both forms. */
  BothForms(
      Path directory,
      Compute compute,
      MemitSettings settings,
      List<Fact> facts,
      List<String> prefixes) {
    this.settings = settings;
    this.prefixes = prefixes;
    checkpoint = Checkpoint.open(directory);
    tokenizer = Tokenizer.open(directory);
    plainDecoder = Decoder.open(checkpoint, WIDE);
    decoder = Decoder.open(checkpoint, compute);
    plain = new TextbookMemit(plainDecoder, tokenizer, settings, prefixes);
    List<SubjectGroup> groups = SubjectGroup.of(facts);
    expected = plain.values(groups, Progress.NONE);
    actual =
        new ValueOptimizer(decoder, tokenizer, settings, prefixes).optimize(groups, Progress.NONE);
  }

  /** The templates that the textbook preserves for a group. */
  List<String> preserved(int group) {
    List<SubjectGroup> groups = actual.groups();
    return new TextbookValues(plainDecoder, tokenizer, settings, prefixes)
        .preserved(groups.get(group), TextbookMemit.templates(groups));
  }

  void assertValuesAgree(double tolerance) {
    assertThat(actual.deltas()).hasSameSizeAs(expected);
    for (int g = 0; g < expected.size(); g++) {
      TextbookValue value = expected.get(g);
      assertThat(actual.steps()[g]).as("steps of group %d", g).isEqualTo(value.steps());
      assertThat(actual.losses()[g] / value.loss())
          .as("loss of group %d, relative", g)
          .isCloseTo(1, within(tolerance));
      assertThat(Agreement.norm(value.delta())).as("‖δ‖ of group %d", g).isPositive();
      assertThat(Agreement.distance(wide(actual.deltas().get(g)), value.delta()))
          .as("δ of group %d, relative", g)
          .isLessThan(tolerance);
      for (int f = 0; f < value.starts().size(); f++) {
        assertThat(Agreement.distance(wide(actual.starts().get(g).get(f)), value.starts().get(f)))
            .as("h₀ of fact %d of group %d, relative", f, g)
            .isLessThan(tolerance);
      }
    }
  }

  /** Collects the statistics and writes the values in both forms. */
  void assertUpdatesAgree(List<Fact> kept, double tolerance) {
    List<SubjectGroup> keptGroups = SubjectGroup.of(kept);
    Map<Integer, NDArray> plainMoments = new TreeMap<>();
    List<int[]> rows = corpus();
    long tokens = rows.stream().mapToLong(row -> row.length).sum();
    Map<Integer, Moment> collected =
        SecondMoments.collect(decoder, rows.iterator(), settings.layers(), tokens, Progress.NONE);
    for (int layer : settings.layers()) {
      plainMoments.put(layer, plain.moment(rows, layer));
      assertThat(
              Agreement.distance(
                  collected.get(layer).matrix().toDoubleArray(),
                  plainMoments.get(layer).toDoubleArray()))
          .as("second moment of layer %d, relative", layer)
          .isLessThan(tolerance);
    }
    Map<Integer, double[]> before = new TreeMap<>();
    settings.layers().forEach(layer -> before.put(layer, weights(decoder, layer)));
    List<LayerReport> reports =
        new LayerUpdate(
                decoder,
                tokenizer,
                settings,
                prefixes,
                EditMetric.ofMoments(collected),
                EarlierKeys.NONE)
            .apply(actual, keptGroups, settings.lambda(), Progress.NONE);
    Map<Integer, double[]> updates =
        plain.update(expected, keptGroups, plainMoments, settings.lambda());
    assertThat(reports).extracting(LayerReport::layer).isEqualTo(settings.layers());
    for (LayerReport report : reports) {
      int layer = report.layer();
      double[] update = updates.get(layer);
      double[] after = weights(decoder, layer);
      assertThat(report.ridge()).isZero();
      assertThat(Agreement.norm(update) / Agreement.norm(before.get(layer)))
          .as("the update of layer %d is no trifle", layer)
          .isGreaterThan(0.01);
      assertThat(Agreement.distance(Agreement.minus(after, before.get(layer)), update))
          .as("Δ of layer %d, relative", layer)
          .isLessThan(tolerance);
      assertThat(Agreement.distance(after, weights(plainDecoder, layer)))
          .as("W + Δ of layer %d, relative", layer)
          .isLessThan(tolerance);
      assertThat(report.updateNorm() / Agreement.norm(update)).isCloseTo(1, within(tolerance));
    }
  }

  private static double[] wide(float[] values) {
    double[] wide = new double[values.length];
    Arrays.setAll(wide, i -> values[i]);
    return wide;
  }

  private static double[] weights(Decoder decoder, int layer) {
    return decoder.down(layer).toType(DataType.FLOAT64, true).toDoubleArray();
  }

  /** Rows of different lengths with more tokens together than the keys are wide. */
  private static List<int[]> corpus() {
    return IntStream.range(0, 25)
        .mapToObj(
            row ->
                IntStream.range(0, 8 + row)
                    .map(t -> 1 + (row * 131 + t * 37 + t * t * row) % 318)
                    .toArray())
        .toList();
  }

  @Override
  public void close() {
    scope.close();
    decoder.close();
    plainDecoder.close();
    tokenizer.close();
    checkpoint.close();
  }
}
