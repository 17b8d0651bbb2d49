package dev.errata.editing.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Mixture;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Moments of experts against sums over what transformers routed and computed. */
class ExpertMomentsTest {
  private static final Path GOLDENS = Path.of("src/test/resources/goldens/moe");

  @TempDir Path folder;

  /** What transformers says of one layer, read as a checkpoint. */
  private record Golden(
      List<int[]> rows, int width, long[] experts, float[] gates, float[] keys, float[] shared) {
    static Golden read(Path directory, int layer, Path scratch) throws Exception {
      Path copy = Files.createDirectories(scratch.resolve("golden"));
      Files.copy(directory.resolve("golden.safetensors"), copy.resolve("model.safetensors"));
      Files.writeString(copy.resolve("config.json"), "{}");
      try (Checkpoint golden = Checkpoint.open(copy)) {
        long[] ids = longs(golden.data("input_ids"));
        long[] lengths = longs(golden.data("generation.lengths"));
        int width = ids.length / lengths.length;
        List<int[]> rows = new ArrayList<>();
        for (int row = 0; row < lengths.length; row++) {
          int from = row * width;
          int to = from + (int) lengths[row];
          rows.add(Arrays.stream(ids, from, to).mapToInt(id -> (int) id).toArray());
        }
        String routing = "routing." + layer + ".";
        String shared = "shared." + layer;
        return new Golden(
            rows,
            width,
            longs(golden.data(routing + "experts")),
            floats(golden.data(routing + "weights")),
            floats(golden.data(routing + "keys")),
            golden.has(shared) ? floats(golden.data(shared)) : null);
      }
    }

    private static long[] longs(ByteBuffer data) {
      long[] values = new long[data.remaining() / Long.BYTES];
      data.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(values);
      return values;
    }

    private static float[] floats(ByteBuffer data) {
      float[] values = new float[data.remaining() / Float.BYTES];
      data.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
      return values;
    }

    long tokens() {
      return rows.stream().mapToInt(row -> row.length).sum();
    }
  }

  @ParameterizedTest
  @CsvSource({"mixtral,1", "qwen3_moe,0", "olmoe,1", "qwen2_moe,1", "gpt_oss,0", "deepseek_v2,1"})
  void areGateWeightedSumsOverAllTokens(String family, int layer) throws Exception {
    Path directory = GOLDENS.resolve(family);
    Golden golden = Golden.read(directory, layer, folder);
    try (Checkpoint checkpoint = Checkpoint.open(directory);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope()) {
      Mixture mixture = decoder.architecture().feedForward().mixture();
      // Small batches, so that sums are added up, and one with padding.
      Moment moment =
          SecondMoments.collect(
                  decoder,
                  golden.rows().iterator(),
                  List.of(layer),
                  golden.tokens(),
                  32,
                  Progress.NONE)
              .get(layer);
      double[][] expected = expected(golden, mixture);
      long[] routed = routed(golden, mixture);
      assertThat(moment.routed().subList(0, mixture.experts()))
          .containsExactlyElementsOf(Arrays.stream(routed).boxed().toList());
      double[][] shrunk = shrunk(expected, routed, mixture.inner());
      for (int e = 0; e < mixture.experts(); e++) {
        double[] actual = moment.memories().get(e).matrix().toDoubleArray();
        assertThat(actual).as("expert %d", e).containsExactly(shrunk[e], within(2e-5));
        assertThat(moment.memories().get(e).rank()).isLessThanOrEqualTo((int) routed[e]);
      }
    }
  }

  private static double[][] expected(Golden golden, Mixture mixture) {
    int f = mixture.inner();
    double[][] sums = new double[mixture.experts()][f * f];
    for (int row = 0; row < golden.rows().size(); row++) {
      for (int t = 0; t < golden.rows().get(row).length; t++) {
        int position = row * golden.width() + t;
        for (int s = position * mixture.perToken(); s < (position + 1) * mixture.perToken(); s++) {
          double[] sum = sums[(int) golden.experts()[s]];
          double weight = Math.pow(golden.gates()[s], 2) / golden.tokens();
          for (int i = 0; i < f; i++) {
            for (int j = 0; j < f; j++) {
              sum[i * f + j] += weight * golden.keys()[s * f + i] * golden.keys()[s * f + j];
            }
          }
        }
      }
    }
    return sums;
  }

  private static long[] routed(Golden golden, Mixture mixture) {
    long[] counts = new long[mixture.experts()];
    for (int row = 0; row < golden.rows().size(); row++) {
      int from = row * golden.width() * mixture.perToken();
      int to = from + golden.rows().get(row).length * mixture.perToken();
      Arrays.stream(golden.experts(), from, to).forEach(e -> counts[(int) e]++);
    }
    return counts;
  }

  private static double[][] shrunk(double[][] moments, long[] routed, int width) {
    double[][] result = new double[moments.length][moments[0].length];
    for (int i = 0; i < moments[0].length; i++) {
      double pooled = 0;
      for (double[] moment : moments) {
        pooled += moment[i] / moments.length;
      }
      for (int e = 0; e < moments.length; e++) {
        result[e][i] = (routed[e] * moments[e][i] + width * pooled) / (routed[e] + width);
      }
    }
    return result;
  }

  @Test
  void anExpertWithoutTokensGetsWhatAllHaveInCommon() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        Scope scope = new Scope()) {
      NDArray identity = manager.eye(3, 3, 0, DataType.FLOAT64);
      List<NDArray> moments =
          List.of(identity.mul(6), manager.zeros(new Shape(3, 3), DataType.FLOAT64));
      List<NDArray> shrunk = Shrinkage.of(moments, List.of(9L, 0L));
      assertThat(shrunk.get(1).toDoubleArray())
          .containsExactly(identity.mul(3).toDoubleArray(), within(1e-15));
      assertThat(shrunk.get(0).toDoubleArray())
          .containsExactly(identity.mul((9 * 6 + 3 * 3) / 12.0).toDoubleArray(), within(1e-15));
      assertThat(Shrinkage.of(moments.subList(0, 1), List.of(2L))).isEqualTo(moments.subList(0, 1));
    }
  }
}
