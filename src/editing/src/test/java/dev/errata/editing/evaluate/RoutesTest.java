package dev.errata.editing.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoutesTest {
  private static final Path MIXTRAL = Path.of("src/test/resources/goldens/moe/mixtral");
  private static final List<int[]> PROMPTS =
      List.of(new int[] {5, 9, 2, 17, 3}, new int[] {8, 1, 4}, new int[] {70});

  @Test
  void overlapIsTheMeanJaccardIndexOverTokens() {
    // {1,2} and {1,2}: 1; {0,3} and {0,1}: 1/3; {0,1} and {2,3}: 0
    int[] a = {1, 2, 0, 3, 0, 1};
    int[] b = {1, 2, 0, 1, 2, 3};
    assertThat(Routes.jaccard(a, b, 2)).isCloseTo(4.0 / 9, within(1e-15));
    assertThat(Routes.jaccard(new int[] {3, 1}, new int[] {3, 2}, 1)).isEqualTo(0.5);
  }

  @Test
  void doesNotDependOnBatchesAndSeesAnEditInTheLayersAboveIt() {
    try (Checkpoint checkpoint = Checkpoint.open(MIXTRAL);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope()) {
      Routes before = Routes.of(decoder, PROMPTS, PROMPTS, 0, 100);
      Routes apart = Routes.of(decoder, PROMPTS, PROMPTS, 0, 1);
      for (int layer = 0; layer < 2; layer++) {
        Routes.OfLayer of = before.layers().get(layer);
        assertThat(of.prompts()).hasSize(9 * 2).isEqualTo(apart.layers().get(layer).prompts());
        assertThat(of.text()).isEqualTo(of.prompts());
        for (int token = 0; token < 9; token++) {
          assertThat(of.prompts()[2 * token]).isLessThan(of.prompts()[2 * token + 1]);
        }
      }
      for (int expert = 0; expert < 4; expert++) {
        decoder.replaceDown(0, expert, decoder.down(0, expert).mul(-9));
      }
      List<Routes.Overlap> overlap = before.overlap(Routes.of(decoder, PROMPTS, PROMPTS, 0, 100));
      assertThat(overlap.get(0).prompts()).isOne();
      assertThat(overlap.get(1).prompts()).isBetween(0.0, 0.95);
      assertThat(Routes.of(decoder, PROMPTS, PROMPTS, 1, 100).layers()).hasSize(1);
    }
  }
}
