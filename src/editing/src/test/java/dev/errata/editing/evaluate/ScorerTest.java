package dev.errata.editing.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.errata.api.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batched and cached scores against one forward pass a pair. */
class ScorerTest {
  private static final int[] NOTHING = {};
  private static final int[] PREFIX = {7, 30, 2, 5, 5, 61};

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama3", "mistral", "qwen3", "gemma2"})
  void equalsOneForwardPassForEachPair(String family) {
    try (TinyModel model = TinyModel.open(family)) {
      List<Probe> probes = probes(model);
      List<Score> alone = alone(model, NOTHING, probes);
      for (int tokens : new int[] {1, 40, 4096}) {
        check(model, NOTHING, probes, tokens, alone);
      }
      check(model, PREFIX, probes, 100, alone(model, PREFIX, probes));
      for (int i = 0; i < probes.size(); i++) {
        Probe probe = probes.get(i);
        boolean greedy =
            Arrays.equals(model.greedy(probe.prompt(), probe.target().length), probe.target());
        assertThat(alone.get(i).exact()).isEqualTo(greedy);
      }
      assertThat(alone).filteredOn(Score::exact).hasSizeGreaterThanOrEqualTo(3);
    }
  }

  private static List<Score> alone(TinyModel model, int[] prefix, List<Probe> probes) {
    return probes.stream()
        .map(
            probe -> {
              int[] prompt = TinyModel.join(prefix, probe.prompt());
              return model.score(prompt, probe.target());
            })
        .toList();
  }

  private static void check(
      TinyModel model, int[] prefix, List<Probe> probes, int tokens, List<Score> alone) {
    long[] done = new long[1];
    Progress progress = (now, total) -> done[0] = now;
    Scorer scorer = new Scorer(model.decoder, tokens, new Ticker(progress, probes.size()));
    List<Score> scores = scorer.score("probes", prefix, probes);
    assertThat(scores).hasSameSizeAs(probes);
    assertThat(done[0]).isEqualTo(probes.size());
    for (int i = 0; i < probes.size(); i++) {
      Score score = scores.get(i);
      assertThat(score.target()).isEqualTo(probes.get(i).target());
      assertThat(score.logProb()).isCloseTo(alone.get(i).logProb(), within(1e-4));
      assertThat(score.predicted()).isEqualTo(alone.get(i).predicted());
    }
  }

  /** Ragged prompts; targets of one to four tokens, some of them what greedy decoding gives. */
  private static List<Probe> probes(TinyModel model) {
    Random random = new Random(3);
    List<Probe> probes = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      int[] prompt = random.ints(1 + random.nextInt(11), 2, 97).toArray();
      probes.add(new Probe(prompt, random.ints(1 + i % 4, 2, 97).toArray()));
      probes.add(new Probe(prompt.clone(), random.ints(1 + random.nextInt(4), 2, 97).toArray()));
      if (i % 3 == 0) {
        probes.add(new Probe(prompt, model.greedy(prompt, 1 + i / 3)));
      }
    }
    probes.add(new Probe(probes.get(1).prompt(), probes.get(1).target().clone()));
    return probes;
  }
}
