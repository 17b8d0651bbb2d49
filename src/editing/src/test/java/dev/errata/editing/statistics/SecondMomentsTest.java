package dev.errata.editing.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Site;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecondMomentsTest {
  private static final Compute DOUBLE = new Compute(Device.cpu(), DataType.FLOAT64);

  static Path golden(String family) {
    return Path.of("src/test/resources/goldens", family);
  }

  static List<int[]> rows(int... lengths) {
    Random random = new Random(9);
    return Arrays.stream(lengths).mapToObj(n -> random.ints(n, 3, 97).toArray()).toList();
  }

  /** One full forward pass a row and a layer, and sums in plain doubles. */
  private static double[] plain(Decoder decoder, List<int[]> rows, int layer) {
    int width = decoder.architecture().feedForward().inner();
    double[] sum = new double[width * width];
    int tokens = 0;
    for (int[] row : rows) {
      List<double[]> keys = new ArrayList<>();
      try (Scope scope = new Scope()) {
        decoder.hidden(
            TokenBatch.of(List.of(row)),
            null,
            (at, site, value) -> {
              if (at == layer && site == Site.FEED_FORWARD_KEY) {
                keys.add(value.toDoubleArray());
              }
              return value;
            });
      }
      double[] flat = keys.get(0);
      for (int from = 0; from < flat.length; from += width) {
        for (int i = 0; i < width; i++) {
          for (int j = 0; j < width; j++) {
            sum[i * width + j] += flat[from + i] * flat[from + j];
          }
        }
      }
      tokens += row.length;
    }
    int count = tokens;
    return Arrays.stream(sum).map(value -> value / count).toArray();
  }

  private static double distance(double[] a, double[] b) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < b.length; i++) {
      difference += (a[i] - b[i]) * (a[i] - b[i]);
      norm += b[i] * b[i];
    }
    return Math.sqrt(difference / norm);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "qwen3"})
  void onePassEqualsOnePassALayer(String family) {
    // Several batches, with padding.
    List<int[]> rows = rows(5, 40, 1, 33, 20, 21);
    int budget = 64;
    long tokens = rows.stream().mapToInt(row -> row.length).sum();
    try (Checkpoint checkpoint = Checkpoint.open(golden(family));
        Decoder exact = Decoder.open(checkpoint, DOUBLE);
        Decoder single = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope()) {
      List<Integer> layers = List.of(2, 0);
      Map<Integer, Moment> wide =
          SecondMoments.collect(exact, rows.iterator(), layers, tokens, budget, Progress.NONE);
      Map<Integer, Moment> narrow =
          SecondMoments.collect(single, rows.iterator(), layers, tokens, budget, Progress.NONE);
      assertThat(wide.keySet()).containsExactly(0, 2);
      for (int layer : layers) {
        double[] expected = plain(exact, rows, layer);
        NDArray matrix = wide.get(layer).matrix();
        assertThat(matrix.getDataType()).isEqualTo(DataType.FLOAT64);
        assertThat(distance(matrix.toDoubleArray(), expected)).isLessThan(1e-12);
        assertThat(distance(narrow.get(layer).matrix().toDoubleArray(), expected)).isLessThan(1e-5);
        assertThat(wide.get(layer).tokens()).isEqualTo(tokens);
        assertThat(wide.get(layer).layer()).isEqualTo(layer);
      }
    }
  }

  @Test
  void countsExactlyTheTokensAskedForAndReportsTheRank() {
    try (Checkpoint checkpoint = Checkpoint.open(golden("llama2"));
        Decoder decoder = Decoder.open(checkpoint, DOUBLE);
        Scope scope = new Scope()) {
      List<int[]> rows = rows(6, 6, 6);
      List<Long> heard = new ArrayList<>();
      Progress progress =
          (done, total) -> {
            assertThat(total).isEqualTo(9);
            heard.add(done);
          };
      Moment moment =
          SecondMoments.collect(decoder, rows.iterator(), List.of(1), 9, progress).get(1);
      List<int[]> cut = List.of(rows.get(0), Arrays.copyOf(rows.get(1), 3));
      double[] expected = plain(decoder, cut, 1);
      assertThat(distance(moment.matrix().toDoubleArray(), expected)).isLessThan(1e-12);
      assertThat(moment.rank()).isEqualTo(9);
      assertThat(heard).startsWith(0L).endsWith(9L).isSorted();
    }
  }

  @Test
  void runsNoBlockAboveTheLastWantedOne() {
    try (Checkpoint checkpoint = Checkpoint.open(golden("llama2"));
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope()) {
      try (NDArray broken = decoder.down(1).mul(Float.NaN)) {
        decoder.replaceDown(1, broken);
      }
      Moment moment =
          SecondMoments.collect(decoder, rows(9).iterator(), List.of(1), 9, Progress.NONE).get(1);
      assertThat(moment.matrix().sum().getDouble()).isNotNaN();
      assertThat(moment.matrix().get(0, 1).getDouble())
          .isCloseTo(moment.matrix().get(1, 0).getDouble(), within(0.0));
    }
  }

  @Test
  void refusesWhatCannotBeCounted() {
    try (Checkpoint checkpoint = Checkpoint.open(golden("llama2"));
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU)) {
      assertThatThrownBy(() -> collect(decoder, List.of(0, 3), 5))
          .isInstanceOf(InputException.class)
          .hasMessage("layer 3 is out of range: the model has layers 0 to 2");
      assertThatThrownBy(() -> collect(decoder, List.of(0), 100))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("holds only 12 of the 100 tokens");
      assertThatThrownBy(() -> collect(decoder, List.of(), 5)).isInstanceOf(InputException.class);
      assertThatThrownBy(() -> collect(decoder, List.of(0), 0)).isInstanceOf(InputException.class);
    }
  }

  private static void collect(Decoder decoder, List<Integer> layers, long tokens) {
    SecondMoments.collect(decoder, rows(7, 5).iterator(), layers, tokens, Progress.NONE);
  }
}
