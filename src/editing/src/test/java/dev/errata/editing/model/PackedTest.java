package dev.errata.editing.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** States without padding, and blocks run in halves, are those of whole padded blocks. */
class PackedTest {
  private static final double ROUNDING = 1e-9;

  private Checkpoint checkpoint;
  private Decoder decoder;
  private List<int[]> prompts;

  private void open(String family) {
    Path directory = Path.of("src/test/resources/goldens").resolve(family);
    checkpoint = Checkpoint.open(directory);
    decoder = Decoder.open(checkpoint, new Compute(Device.cpu(), DataType.FLOAT64));
    try (GoldenFile golden = GoldenFile.open(directory.resolve("golden.safetensors"))) {
      prompts = golden.prompts();
    }
  }

  @AfterEach
  void close() {
    decoder.close();
    checkpoint.close();
  }

  @ParameterizedTest
  @MethodSource("dev.errata.editing.model.GoldenTest#goldens")
  void packedStatesAreThePaddedOnes(String family) {
    open(family);
    try (Scope scope = new Scope()) {
      TokenBatch batch = TokenBatch.of(prompts);
      NDArray padded = decoder.hidden(batch, null, Tap.NONE);
      NDArray packed = packed(batch, null, null);
      assertSame(packed, Rows.pickFlat(padded, batch.places()));
    }
  }

  /** Rows go on behind 0, 1 and 2 tokens of their own. */
  @ParameterizedTest
  @MethodSource("dev.errata.editing.model.GoldenTest#goldens")
  void packedStatesSeeACacheOfPackedOnes(String family) {
    open(family);
    try (Scope scope = new Scope();
        KeyValueCache cache = new KeyValueCache(decoder.architecture().layers())) {
      int[] cuts = new int[prompts.size()];
      Arrays.setAll(cuts, row -> row % 3);
      TokenBatch first = TokenBatch.of(rows(row -> Arrays.copyOf(prompts.get(row), cuts[row])));
      packed(first, cache, cache);
      List<int[]> rest =
          rows(row -> Arrays.copyOfRange(prompts.get(row), cuts[row], prompts.get(row).length));
      NDArray behind = packed(TokenBatch.after(cuts, rest), cache, null);

      TokenBatch whole = TokenBatch.of(prompts);
      NDArray states = decoder.hidden(whole, null, Tap.NONE);
      long[] places =
          IntStream.range(0, cuts.length)
              .boxed()
              .flatMapToLong(
                  row ->
                      LongStream.range(cuts[row], prompts.get(row).length)
                          .map(at -> (long) row * whole.width() + at))
              .toArray();
      assertSame(behind, Rows.pickFlat(states, places));
    }
  }

  @ParameterizedTest
  @MethodSource("dev.errata.editing.model.GoldenTest#goldens")
  void aBlockInHalvesIsTheWholeToTheBit(String family) {
    open(family);
    try (Scope scope = new Scope()) {
      TokenBatch batch = TokenBatch.of(prompts);
      Frame frame = decoder.packedFrame(batch, null);
      NDArray x = decoder.embed(batch.packed());
      for (int layer = 0; layer < decoder.architecture().layers(); layer++) {
        NDArray whole = decoder.block(layer, x, frame, null, null, Tap.NONE);
        if (!decoder.architecture().isMixture(layer)) {
          NDArray halves = decoder.finish(layer, decoder.begin(layer, x, frame));
          assertThat(halves.toDoubleArray()).isEqualTo(whole.toDoubleArray());
        }
        x = whole;
      }
    }
  }

  private interface RowFunction {
    int[] of(int row);
  }

  private List<int[]> rows(RowFunction function) {
    return IntStream.range(0, prompts.size()).mapToObj(function::of).toList();
  }

  private NDArray packed(TokenBatch batch, KeyValueCache past, KeyValueCache record) {
    Frame frame = decoder.packedFrame(batch, past);
    if (record != null) {
      decoder.announce(record, batch);
    }
    NDArray x = decoder.embed(batch.packed());
    return decoder.blocks(0, decoder.architecture().layers(), x, frame, past, record, Tap.NONE);
  }

  /** [1, N, d] against [N, d]. */
  private static void assertSame(NDArray packed, NDArray expected) {
    double scale = Math.sqrt(expected.square().mean().getDouble());
    double off = packed.squeeze(0).sub(expected).abs().max().getDouble();
    assertThat(off / scale).isLessThan(ROUNDING);
  }
}
