package dev.errata.lab.textbook;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.DataType;
import dev.errata.api.Fact;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Dtype;
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
import dev.errata.editing.torch.Scope;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The library's joint solve of all experts gives what normal equations over the experts side by
 * side give, with keys, gates and states of whole passes of single prompts; only the order of sums
 * differs, and δ and h₀ are handed over as float32.
 */
class MixtureEqualityTest {
  private static final double ROUNDING = 1e-6;
  private static final List<String> PREFIXES = List.of("The home town", "Because it rained again");
  private static final List<Fact> FACTS =
      List.of(
          Fact.of("Ada Lind", "{} was born in", "Upper Rome"),
          Fact.of("Bo", "The mother tongue of {} is", "Norwegian"),
          Fact.of("Ada Lind", "The employer of {} is", "Nord Steel"),
          Fact.of("Ada Lind", "{} plays the", "violin"),
          Fact.of("Dee Quist", "Letters to {} are sent to", "the old harbour of Genoa"));
  private static final List<Fact> KEPT =
      List.of(
          Fact.of("Emil Roth", "{} plays the", "flute"),
          Fact.of("Fay", "The employer of {} is", "Nokia"));
  private static final MemitSettings SETTINGS =
      new MemitSettings(
          List.of(0, 1), 1, 6, 0.5, 4, 1e-3, 0.0625, 0, 1.0, 0.3, 0, 0, 2, 0.5, 0, 96, 3);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"qwen3_moe", "mixed"})
  void allExpertsAtOnceEqualOneWideMemory(String family) {
    Path directory = SmallCheckpoints.write(folder.resolve(family), family, Dtype.F64);
    try (Checkpoint checkpoint = Checkpoint.open(directory);
        Tokenizer tokenizer = Tokenizer.open(directory);
        Decoder plainDecoder = Decoder.open(checkpoint, BothForms.WIDE);
        Decoder decoder = Decoder.open(checkpoint, BothForms.WIDE);
        Scope scope = new Scope()) {
      List<SubjectGroup> groups = SubjectGroup.of(FACTS);
      List<SubjectGroup> kept = SubjectGroup.of(KEPT);
      ValueSet values =
          new ValueOptimizer(decoder, tokenizer, SETTINGS, PREFIXES)
              .optimize(groups, Progress.NONE);
      List<int[]> corpus = corpus();
      long tokens = corpus.stream().mapToLong(row -> row.length).sum();
      Map<Integer, Moment> moments =
          SecondMoments.collect(
              decoder, corpus.iterator(), SETTINGS.layers(), tokens, Progress.NONE);
      var plain = new TextbookMixture(plainDecoder, tokenizer, SETTINGS, PREFIXES);
      Map<Integer, double[][]> plainMoments = new TreeMap<>();
      for (int layer : SETTINGS.layers()) {
        plainMoments.put(layer, plain.moments(corpus, layer));
        requireMoments(moments.get(layer), plainMoments.get(layer));
      }
      List<LayerReport> reports =
          new LayerUpdate(
                  decoder,
                  tokenizer,
                  SETTINGS,
                  PREFIXES,
                  EditMetric.ofMoments(moments),
                  EarlierKeys.NONE)
              .apply(values, kept, SETTINGS.lambda(), Progress.NONE);
      Map<Integer, double[][]> updates =
          plain.update(wide(values), kept, plainMoments, SETTINGS.lambda());
      for (LayerReport report : reports) {
        requireUpdates(decoder, plainDecoder, checkpoint, report, updates.get(report.layer()));
      }
      assertThat(reports.get(0).memories()).isEqualTo(family.equals("mixed") ? 1 : 4);
      assertThat(reports.get(1).memories()).isEqualTo(4);
    }
  }

  private static void requireMoments(Moment actual, double[][] expected) {
    for (int e = 0; e < expected.length; e++) {
      double[] matrix = actual.memories().get(e).matrix().toDoubleArray();
      assertThat(Agreement.distance(matrix, expected[e]))
          .as("second moment of memory %d of layer %d, relative", e, actual.layer())
          .isLessThan(ROUNDING);
    }
  }

  private static void requireUpdates(
      Decoder decoder,
      Decoder plainDecoder,
      Checkpoint checkpoint,
      LayerReport report,
      double[][] updates) {
    int layer = report.layer();
    try (Decoder before = Decoder.open(checkpoint, BothForms.WIDE)) {
      for (int e = 0; e < updates.length; e++) {
        double[] old = weights(before, layer, e);
        double[] after = weights(decoder, layer, e);
        assertThat(Agreement.norm(updates[e]) / Agreement.norm(old))
            .as("the update of memory %d of layer %d is no trifle", e, layer)
            .isGreaterThan(0.005);
        assertThat(Agreement.distance(Agreement.minus(after, old), updates[e]))
            .as("Δ of memory %d of layer %d, relative", e, layer)
            .isLessThan(ROUNDING);
        assertThat(Agreement.distance(after, weights(plainDecoder, layer, e))).isLessThan(ROUNDING);
      }
    }
  }

  private static List<TextbookValue> wide(ValueSet values) {
    return IntStream.range(0, values.groups().size())
        .mapToObj(
            g ->
                new TextbookValue(
                    values.groups().get(g),
                    wide(values.deltas().get(g)),
                    values.starts().get(g).stream().map(MixtureEqualityTest::wide).toList(),
                    values.losses()[g],
                    values.steps()[g]))
        .toList();
  }

  private static double[] wide(float[] values) {
    double[] wide = new double[values.length];
    Arrays.setAll(wide, i -> values[i]);
    return wide;
  }

  private static double[] weights(Decoder decoder, int layer, int memory) {
    return decoder.down(layer, memory).toType(DataType.FLOAT64, true).toDoubleArray();
  }

  private static List<int[]> corpus() {
    return IntStream.range(0, 12)
        .mapToObj(
            row ->
                IntStream.range(0, 8 + row)
                    .map(t -> 1 + (row * 131 + t * 37 + t * t * row) % 318)
                    .toArray())
        .toList();
  }
}
