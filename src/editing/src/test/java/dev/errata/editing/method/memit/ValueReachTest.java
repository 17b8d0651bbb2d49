package dev.errata.editing.method.memit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Compute;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValueReachTest {
  private static final Fact FIRST = fact("{} a b", 3);
  private static final Fact LAST = fact("a b {}", 4);

  @TempDir private Path folder;
  private Checkpoint checkpoint;
  private Decoder decoder;
  private Tokenizer tokenizer;
  private int layers;

  private static Fact fact(String prompt, int line) {
    return new Fact(null, "qx", prompt, "a", null, null, null, null, line);
  }

  @BeforeEach
  void open() {
    checkpoint = Checkpoint.open(Path.of("src/test/resources/goldens/llama2"));
    decoder = Decoder.open(checkpoint, Compute.CPU);
    tokenizer = DummyPrefix.tokenizer(folder);
    layers = decoder.architecture().layers();
  }

  @AfterEach
  void close() {
    tokenizer.close();
    decoder.close();
    checkpoint.close();
  }

  private static MemitSettings settings(int layer) {
    return new MemitSettings(
        List.of(layer), layer, 3, 0.5, 4, 0, 0, 0, null, 0.3, 0, 5, 0, 0, 0, 512, 7);
  }

  @Test
  void windowsAddUp() {
    assertThat(ValueReach.behind(List.of(0, 0, 0), 2)).isZero();
    assertThat(ValueReach.behind(List.of(0, 0, 0), 1)).isEqualTo(Long.MAX_VALUE);
    assertThat(ValueReach.behind(List.of(4, 4, 4), 0)).isEqualTo(6);
    assertThat(ValueReach.behind(List.of(4, 0, 4), 0)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void theLastLayerIsRefusedForFactsThatGoOnBehindTheSubject() {
    int last = layers - 1;
    assertThatThrownBy(() -> require(last, FIRST, LAST))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            "spec.method.memit.valueLayer: "
                + last
                + " (unless given, the last of layers) is the model's last layer")
        .hasMessageContaining("target: facts.jsonl:3; set valueLayer")
        .hasMessageEndingWith("to " + (last - 1) + " at most");
    assertThatCode(() -> require(last, LAST)).doesNotThrowAnyException();
    assertThatCode(() -> require(last - 1, FIRST, LAST)).doesNotThrowAnyException();
  }

  private void require(int layer, Fact... facts) {
    ValueReach.require(
        List.of(facts), "facts.jsonl", tokenizer, decoder.architecture(), settings(layer));
  }

  /** What is refused is what the optimiser cannot move, and nothing else. */
  @Test
  void refusesWhatTheOptimiserCannotMove() {
    assertThat(moved(layers - 1, FIRST)).isFalse();
    assertThat(moved(layers - 1, LAST)).isTrue();
    assertThat(moved(layers - 2, FIRST)).isTrue();
  }

  private boolean moved(int layer, Fact fact) {
    ValueSet values =
        new ValueOptimizer(decoder, tokenizer, settings(layer), List.of())
            .optimize(SubjectGroup.of(List.of(fact)), Progress.NONE);
    return Adam.norm(values.deltas().get(0)) > 0;
  }
}
