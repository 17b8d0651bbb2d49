package dev.errata.editing.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplerTest {
  @Test
  void drawsTheSameForARowWhateverIsBesideIt() {
    try (TinyModel model = TinyModel.open("llama3")) {
      int[] first = {5, 6, 7};
      int[] second = {9, 20, 30, 40, 50};
      List<int[]> together = Sampler.draw(model.decoder, List.of(first, second), 10, Set.of(), 4);
      List<int[]> alone = Sampler.draw(model.decoder, List.of(first), 10, Set.of(), 4);
      assertThat(together.get(0)).isEqualTo(alone.get(0)).hasSize(10);
    }
  }

  @Test
  void drawsOneOfTheFiveMostLikelyThatAreNotBarred() {
    try (TinyModel model = TinyModel.open("llama3")) {
      int[] prompt = {5, 6, 7};
      int barred = model.greedy(prompt, 1)[0];
      double[] next = model.logProbs(prompt)[2];
      Set<Integer> best =
          Set.copyOf(
              IntStream.range(0, next.length)
                  .boxed()
                  .filter(token -> token != barred)
                  .sorted((a, b) -> Double.compare(next[b], next[a]))
                  .limit(5)
                  .toList());
      List<int[]> drawn =
          Sampler.draw(
              model.decoder,
              IntStream.range(0, 60).mapToObj(i -> prompt).toList(),
              1,
              Set.of(barred),
              1);
      assertThat(drawn.stream().flatMapToInt(Arrays::stream).boxed().distinct())
          .containsExactlyInAnyOrderElementsOf(best);
    }
  }
}
