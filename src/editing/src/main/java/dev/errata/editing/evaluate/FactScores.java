package dev.errata.editing.evaluate;

import dev.errata.api.Fact;
import dev.errata.api.resource.Suite;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** Makes the {@link FactScore} of a fact from the scores of its probes. */
final class FactScores {
  private final List<Score> scores;
  private final Set<Suite> suites;

  /**
   * Makes the maker.
   *
   * @param scores of all probes
   * @param suites those of them that are not wanted leave nulls
   */
  FactScores(List<Score> scores, Set<Suite> suites) {
    this.scores = scores;
    this.suites = suites;
  }

  /**
   * Makes the score of a fact.
   *
   * @param unedited the unedited model's predictions on the fact's neighbours
   * @param prefixed the score behind a prefix, or null
   * @param generated what greedy decoding gives
   */
  FactScore of(
      Fact fact, FactProbes probes, List<int[]> unedited, Score prefixed, String generated) {
    Score now = scores.get(probes.rewrite());
    Score old = probes.rewriteOld() == null ? null : scores.get(probes.rewriteOld());
    Boolean effective = old == null ? null : now.meanLogProb() > old.meanLogProb();
    boolean exact = now.exact();
    boolean probability = suites.contains(Suite.Probability);
    boolean generation = suites.contains(Suite.Generation);
    return new FactScore(
        fact.id(),
        fact.line(),
        fact.subject(),
        fact.filled(),
        fact.target(),
        fact.oldTarget(),
        Math.exp(now.meanLogProb()),
        old == null ? null : Math.exp(old.meanLogProb()),
        effective,
        exact,
        exact && !Boolean.FALSE.equals(effective),
        generated,
        probability ? paraphrase(probes) : null,
        generation ? mean(probes.paraphrases(), score -> score.exact() ? 1 : 0) : null,
        prefixed == null ? null : prefixed.exact(),
        probability ? neighbourhood(probes) : null,
        tokenAccuracy(probes, unedited));
  }

  private Double paraphrase(FactProbes probes) {
    List<Double> shares = new ArrayList<>();
    for (int i = 0; i < probes.paraphrasesOld().size(); i++) {
      double now = scores.get(probes.paraphrases().get(i)).meanLogProb();
      double old = scores.get(probes.paraphrasesOld().get(i)).meanLogProb();
      shares.add(now > old ? 1.0 : 0.0);
    }
    return Means.of(shares);
  }

  private Double neighbourhood(FactProbes probes) {
    List<Double> shares = new ArrayList<>();
    for (int i = 0; i < probes.neighbours().size(); i++) {
      Integer edited = probes.neighboursNew().get(i);
      if (edited != null) {
        double truth = scores.get(probes.neighbours().get(i)).meanLogProb();
        shares.add(truth > scores.get(edited).meanLogProb() ? 1.0 : 0.0);
      }
    }
    return Means.of(shares);
  }

  private TokenAccuracy tokenAccuracy(FactProbes probes, List<int[]> unedited) {
    if (!suites.contains(Suite.TeacherForced)) {
      return new TokenAccuracy(null, null, null, null);
    }
    List<Double> locality = new ArrayList<>();
    for (int i = 0; i < unedited.size(); i++) {
      locality.add(
          Score.share(unedited.get(i), scores.get(probes.neighbours().get(i)).predicted()));
    }
    return new TokenAccuracy(
        scores.get(probes.rewrite()).accuracy(),
        mean(probes.paraphrases(), Score::accuracy),
        mean(probes.questions(), Score::accuracy),
        Means.of(locality));
  }

  private Double mean(List<Integer> probes, ToDoubleFunction<Score> figure) {
    return Means.of(
        probes.stream()
            .filter(Objects::nonNull)
            .map(probe -> figure.applyAsDouble(scores.get(probe)))
            .toList());
  }
}
