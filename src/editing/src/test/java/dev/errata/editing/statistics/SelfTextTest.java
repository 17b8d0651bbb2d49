package dev.errata.editing.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SelfTextTest {

  private static List<int[]> sample(SelfText.Settings settings, long tokens) {
    try (Checkpoint checkpoint = Checkpoint.open(SecondMomentsTest.golden("llama2"));
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU)) {
      List<int[]> rows = new ArrayList<>();
      new SelfText(decoder, settings).rows(tokens).forEachRemaining(rows::add);
      return rows;
    }
  }

  private static SelfText.Settings settings(Set<Integer> stops, long seed) {
    SelfText.Words words = new SelfText.Words(97, token -> token % 10 == 7);
    return new SelfText.Settings(List.of(1), words, stops, 12, 3, 1, seed);
  }

  @Test
  void isTheSameForTheSameSeedOnly() {
    List<int[]> rows = sample(settings(Set.of(), 7), 50);
    assertThat(rows.stream().mapToInt(row -> row.length).sum()).isEqualTo(50);
    assertThat(rows).hasSize(5);
    assertThat(rows).allMatch(row -> row[0] == 1 && row[1] % 10 == 7);
    assertThat(rows.stream().map(row -> row[1]).distinct().count()).isGreaterThan(1);
    assertThat(rows.get(0)).isNotEqualTo(rows.get(2));
    assertThat(sample(settings(Set.of(), 7), 50).toArray(int[][]::new))
        .isDeepEqualTo(rows.toArray(int[][]::new));
    assertThat(sample(settings(Set.of(), 8), 50).get(0)).isNotEqualTo(rows.get(0));
  }

  @Test
  void endsRowsAtStops() {
    Set<Integer> stops = IntStream.range(90, 97).boxed().collect(Collectors.toSet());
    List<int[]> rows = sample(settings(stops, 7), 80);
    assertThat(rows.stream().mapToInt(row -> row.length).sum()).isEqualTo(80);
    assertThat(rows).allMatch(row -> Arrays.stream(row).noneMatch(stops::contains));
    assertThat(rows).anyMatch(row -> row.length < 10);
  }

  @Test
  void refusesAModelThatHasNothingToSay() {
    Set<Integer> all = IntStream.range(0, 97).boxed().collect(Collectors.toSet());
    assertThatThrownBy(() -> sample(settings(all, 7), 80))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("ends after 2 tokens on average");
  }

  @Test
  void firstWordsAreLettersBehindABlank() {
    Path folder = Path.of("src/test/resources/checkpoint/tokenizer");
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      SelfText.Words words = SelfText.Words.of(tokenizer, 384);
      List<String> texts =
          IntStream.range(0, words.tokens())
              .filter(words.word())
              .mapToObj(token -> tokenizer.decode(new int[] {token}))
              .toList();
      assertThat(texts).isNotEmpty().allMatch(text -> text.matches(" \\p{L}{2,}"));
    }
  }

  @Test
  void anyTokenIsAFirstWordWhereThereAreNone() {
    SelfText.Words none = new SelfText.Words(5, token -> false);
    assertThat(none.draw(new SplittableRandom(3), Set.of(0, 1, 2, 3))).isEqualTo(4);
  }

  @Test
  void digestFollowsTheSettings() {
    SelfText text = new SelfText(null, settings(Set.of(), 7));
    assertThat(text.digest()).isEqualTo(new SelfText(null, settings(Set.of(), 7)).digest());
    assertThat(text.digest()).isNotEqualTo(new SelfText(null, settings(Set.of(), 8)).digest());
    assertThat(text.digest()).isNotEqualTo(new SelfText(null, settings(Set.of(3), 7)).digest());
  }

  @Test
  void drawsFromManyBlocksOfTokens() {
    int vocabulary = 1000;
    float[][] logits = new float[1][vocabulary];
    Arrays.fill(logits[0], Float.NEGATIVE_INFINITY);
    int[] likely = {3, 255, 256, 999};
    Arrays.stream(likely).forEach(token -> logits[0][token] = 50);
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        Scope scope = new Scope()) {
      NDArray row = manager.create(logits);
      for (int i = 0; i < likely.length; i++) {
        for (double inside : new double[] {0.001, 0.5, 0.999}) {
          double[] uniform = {(i + inside) / likely.length};
          assertThat(Sampling.inverse(row, 1, uniform)).containsExactly(likely[i]);
        }
      }
      assertThat(Sampling.inverse(row, 1, new double[] {0})).containsExactly(3);
      assertThat(Sampling.inverse(row, 1, new double[] {Math.nextDown(1.0)})).containsExactly(999);
    }
  }

  @Test
  void drawsByTheProbabilities() {
    int draws = 1000;
    double[] probabilities = {0.5, 0, 0.25, 0.125, 0.125};
    float[][] logits = new float[draws][];
    double[] uniform = new double[draws];
    for (int i = 0; i < draws; i++) {
      logits[i] = new float[5];
      for (int token = 0; token < 5; token++) {
        logits[i][token] = (float) (2 * Math.log(probabilities[token]));
      }
      uniform[i] = (i + 0.5) / draws;
    }
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        Scope scope = new Scope()) {
      NDArray tensor = manager.create(logits);
      int[] counts = new int[5];
      for (int token : Sampling.inverse(tensor, 2, uniform)) {
        counts[token]++;
      }
      for (int token = 0; token < 5; token++) {
        assertThat((double) counts[token]).isCloseTo(draws * probabilities[token], within(1.0));
      }
      double[] edges = {0, Math.nextDown(1.0)};
      assertThat(Sampling.inverse(tensor.get("0:2"), 2, edges)).containsExactly(0, 4);
    }
  }
}
