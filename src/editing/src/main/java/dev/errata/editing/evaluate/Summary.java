package dev.errata.editing.evaluate;

import dev.errata.api.Fact;
import dev.errata.api.resource.Suite;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** Makes the figures of an evaluation from the scores of its facts. */
final class Summary {
  private Summary() {}

  static Metrics of(
      List<Fact> facts,
      List<FactScore> scores,
      OtherFacts.Share otherFacts,
      String otherFactsBasis,
      Fluency fluency,
      Perplexity perplexity,
      List<Routes.Overlap> routing,
      Set<Suite> suites) {
    boolean probability = suites.contains(Suite.Probability);
    Double efficacy = probability ? mean(scores, score -> share(score.effective())) : null;
    Double paraphrase = mean(scores, FactScore::paraphrase);
    Double neighbourhood = mean(scores, FactScore::neighbourhood);
    return new Metrics(
        efficacy,
        paraphrase,
        neighbourhood,
        Means.harmonic(efficacy, paraphrase, neighbourhood),
        suites.contains(Suite.Generation) ? mean(scores, score -> share(score.exact())) : null,
        mean(scores, FactScore::paraphraseExact),
        mean(scores, score -> share(score.prefixedExact())),
        otherFacts.value(),
        otherFactsBasis,
        new TokenAccuracy(
            mean(scores, score -> score.tokenAccuracy().rewrite()),
            mean(scores, score -> score.tokenAccuracy().rephrase()),
            mean(scores, score -> score.tokenAccuracy().portability()),
            mean(scores, score -> score.tokenAccuracy().locality())),
        fluency.value(),
        perplexity.value(),
        routing == null ? null : Means.of(routing.stream().map(Routes.Overlap::text).toList()),
        routing == null ? null : Means.of(routing.stream().map(Routes.Overlap::prompts).toList()),
        new Metrics.Counts(
            facts.size(),
            (int) scores.stream().filter(FactScore::verified).count(),
            (int) facts.stream().filter(fact -> fact.oldTarget() != null).count(),
            sum(facts, fact -> fact.paraphrases().size()),
            sum(facts, fact -> fact.neighbourhood().size()),
            sum(facts, Summary::answered),
            sum(facts, fact -> fact.portability().size()),
            otherFacts.count(),
            fluency.texts(),
            perplexity.tokens()));
  }

  private static int answered(Fact fact) {
    return (int)
        fact.neighbourhood().stream().filter(neighbour -> neighbour.target() != null).count();
  }

  private static int sum(List<Fact> facts, ToIntFunction<Fact> count) {
    return facts.stream().mapToInt(count).sum();
  }

  private static Double mean(List<FactScore> scores, Function<FactScore, Double> figure) {
    List<Double> values = new ArrayList<>();
    scores.forEach(score -> values.add(figure.apply(score)));
    return Means.of(values);
  }

  private static Double share(Boolean holds) {
    if (holds == null) {
      return null;
    }
    return holds ? 1.0 : 0.0;
  }
}
