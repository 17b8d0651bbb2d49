package dev.errata.editing.method.memit;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.KeyValueCache;
import dev.errata.editing.model.Rows;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SharedBeginningsTest {
  private static final List<int[]> ROWS =
      List.of(
          new int[] {3, 1, 4, 1, 5, 9, 2},
          new int[] {},
          new int[] {3, 1, 4, 1, 5, 2},
          new int[] {2, 7},
          new int[] {2, 7, 1, 8, 2},
          new int[] {3, 1, 4, 1},
          new int[] {6, 6, 6, 6, 6, 6, 6});

  @ParameterizedTest
  @ValueSource(strings = {"llama3", "gpt2", "moe/qwen3_moe", "mistral"})
  void whatFollowsSeesWhatItWouldHaveSeen(String family) {
    Path directory = Path.of("src/test/resources/goldens").resolve(family);
    try (Checkpoint checkpoint = Checkpoint.open(directory);
        Decoder decoder = Decoder.open(checkpoint, new Compute(Device.cpu(), DataType.FLOAT64));
        Scope scope = new Scope()) {
      long before = decoder.layerTokens();
      try (KeyValueCache cache = SharedBeginnings.record(decoder, ROWS)) {
        int layers = decoder.architecture().layers();
        // 4 and 7 tokens of the two families, 3 and 2 behind the first one, 2 and 5 alone.
        assertThat((decoder.layerTokens() - before) / layers).isEqualTo(4 + 3 + 2 + 2 + 5 + 7);

        int[] lengths = ROWS.stream().mapToInt(row -> row.length).toArray();
        List<int[]> next = ROWS.stream().map(row -> new int[] {5, 4}).toList();
        TokenBatch behind = TokenBatch.after(lengths, next);
        NDArray seen = decoder.hidden(behind, cache, Tap.NONE);

        List<int[]> whole = ROWS.stream().map(SharedBeginningsTest::followed).toList();
        NDArray states = decoder.hidden(TokenBatch.of(whole), null, Tap.NONE);
        long[] last = Arrays.stream(lengths).asLongStream().map(length -> length + 1).toArray();
        long[] second = new long[lengths.length];
        Arrays.fill(second, 1);
        NDArray off = Rows.pick(seen, second).sub(Rows.pick(states, last)).abs().max();
        assertThat(off.getDouble()).isLessThan(1e-9);
      }
    }
  }

  private static int[] followed(int[] row) {
    int[] longer = Arrays.copyOf(row, row.length + 2);
    longer[row.length] = 5;
    longer[row.length + 1] = 4;
    return longer;
  }
}
