package dev.errata.lab.pretrain;

import dev.errata.api.Fact;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Generation;
import dev.errata.lab.world.World;
import dev.errata.lab.world.WorldFacts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * How many of a world's facts a model knows by heart: each fact is asked in each phrasing of its
 * relation, and the answer, generated greedily, must be the fact's object token for token.
 *
 * @param facts number of facts
 * @param phrasings share of the facts answered right, by phrasing
 * @param inAll share of the facts answered right in every phrasing
 */
record Recall(int facts, List<Double> phrasings, double inAll) {
  private static final int BATCH = 256;

  Recall {
    phrasings = List.copyOf(phrasings);
  }

  /** Share of the answers that are right, over all facts and phrasings. */
  double share() {
    return phrasings.stream().mapToDouble(share -> share).average().orElse(0);
  }

  static Recall of(Decoder decoder, Tokenizer tokenizer, World world) {
    List<Fact> truths = new WorldFacts(world).truths();
    List<int[]> answers = truths.stream().map(t -> tokenizer.encode(" " + t.target())).toList();
    boolean[] always = new boolean[truths.size()];
    Arrays.fill(always, true);
    List<Double> shares = new ArrayList<>();
    int phrasings = world.relations().get(0).phrasings().size();
    for (int phrasing = 0; phrasing < phrasings; phrasing++) {
      List<int[]> prompts = new ArrayList<>();
      for (Fact truth : truths) {
        String prompt = phrasing == 0 ? truth.filled() : truth.paraphrases().get(phrasing - 1);
        prompts.add(tokenizer.encodePrompt(prompt));
      }
      boolean[] right = right(decoder, prompts, answers);
      for (int i = 0; i < right.length; i++) {
        always[i] &= right[i];
      }
      shares.add(share(right));
    }
    return new Recall(truths.size(), shares, share(always));
  }

  private static boolean[] right(Decoder decoder, List<int[]> prompts, List<int[]> answers) {
    boolean[] right = new boolean[prompts.size()];
    for (int from = 0; from < right.length; from += BATCH) {
      int to = Math.min(right.length, from + BATCH);
      int longest = answers.subList(from, to).stream().mapToInt(a -> a.length).max().orElse(0);
      List<int[]> said = Generation.greedy(decoder, prompts.subList(from, to), longest, Set.of());
      for (int i = from; i < to; i++) {
        int[] answer = answers.get(i);
        right[i] = Arrays.equals(Arrays.copyOf(said.get(i - from), answer.length), answer);
      }
    }
    return right;
  }

  private static double share(boolean[] right) {
    return IntStream.range(0, right.length).filter(i -> right[i]).count() / (double) right.length;
  }
}
