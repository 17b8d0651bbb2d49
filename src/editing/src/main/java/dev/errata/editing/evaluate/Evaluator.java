package dev.errata.editing.evaluate;

import dev.errata.api.Fact;
import dev.errata.api.Progress;
import dev.errata.api.resource.Suite;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Measures what a model says of facts: the probabilities of CounterFact (Meng et al. 2022), the
 * teacher-forced token accuracy of EasyEdit, and exact match by greedy decoding; further the
 * subjects' other facts, fluency and perplexity.
 *
 * <p>All three families come from one scoring of (prompt, target) pairs: greedy decoding gives a
 * target exactly when each of its tokens is the most likely one behind those before it.
 */
public final class Evaluator {
  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final List<Fact> facts;
  private final EvaluationSettings settings;
  private final Pieces pieces;
  private final Prompts prompts;

  private Evaluator(
      Decoder decoder,
      Tokenizer tokenizer,
      List<Fact> facts,
      EvaluationSettings settings,
      Pieces pieces) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.facts = facts;
    this.settings = settings;
    this.pieces = pieces;
    this.prompts = new Prompts(tokenizer, decoder.architecture().positions());
  }

  /**
   * Evaluates a model.
   *
   * @param decoder the model
   * @param tokenizer its tokenizer
   * @param facts the facts of the job, all of them
   * @param settings what is measured
   * @param unedited the {@link Evaluation#reference()} of the unedited model on the same facts and
   *     settings, or null when this is the unedited model
   * @param progress told after every batch
   * @throws dev.errata.api.InputException when a prompt and its answer exceed the model's context
   */
  public static Evaluation evaluate(
      Decoder decoder,
      Tokenizer tokenizer,
      List<Fact> facts,
      EvaluationSettings settings,
      Reference unedited,
      Progress progress) {
    return evaluate(decoder, tokenizer, facts, settings, unedited, Pieces.HERE, progress);
  }

  /**
   * Evaluates a model of which others may have evaluated pieces.
   *
   * @param unedited as above
   * @param pieces where those are
   * @param progress told after every batch
   * @return null when pieces are left to others and not there yet
   * @throws dev.errata.api.InputException when a prompt and its answer exceed the model's context
   */
  public static Evaluation evaluate(
      Decoder decoder,
      Tokenizer tokenizer,
      List<Fact> facts,
      EvaluationSettings settings,
      Reference unedited,
      Pieces pieces,
      Progress progress) {
    if (unedited != null && unedited.facts() != facts.size()) {
      throw new IllegalArgumentException(
          "the reference was made for " + unedited.facts() + " facts, not " + facts.size());
    }
    return new Evaluator(decoder, tokenizer, facts, settings, pieces).evaluate(unedited, progress);
  }

  private Evaluation evaluate(Reference unedited, Progress progress) {
    List<Probe> probes = new ArrayList<>();
    List<FactProbes> places =
        facts.stream().map(fact -> FactProbes.add(fact, prompts, probes)).toList();
    int own = probes.size();
    OtherFacts.Questions others =
        settings.has(Suite.OtherFacts)
            ? OtherFacts.questions(prompts, facts, settings)
            : new OtherFacts.Questions(null, List.of());
    probes.addAll(others.probes());

    Ticker ticker = new Ticker(progress, total(probes.size()));
    Scorer scorer = new Scorer(decoder, settings.tokensPerBatch(), ticker, pieces);
    List<Score> scores = scorer.score(probes);
    List<String> prefixes = prefixes(unedited);
    List<Score> prefixed = prefixed(scorer, prefixes);
    Fluency fluency = fluency(ticker);
    Perplexity perplexity = perplexity(ticker);
    if (scores == null || prefixed == null || fluency == null || perplexity == null) {
      return null;
    }
    List<List<int[]>> locality = unedited == null ? locality(places, scores) : unedited.locality();
    OtherFacts.Answers answers = OtherFacts.answers(others, scores.subList(own, scores.size()));
    OtherFacts.Answers answersBefore = unedited == null ? answers : unedited.otherFacts();
    List<FactScore> factScores = factScores(places, probes, scores, locality, prefixed);
    Routes routes = routes(places, probes, unedited);
    List<Routes.Overlap> routing =
        routes == null || unedited == null ? null : unedited.routes().overlap(routes);
    Metrics metrics =
        Summary.of(
            facts,
            factScores,
            OtherFacts.share(answersBefore, answers),
            answersBefore.basis(),
            fluency,
            perplexity,
            routing,
            settings.suites());
    Reference reference =
        unedited != null
            ? unedited
            : new Reference(facts.size(), prefixes, locality, answers, routes, metrics);
    return new Evaluation(metrics, factScores, routing, reference);
  }

  /** Null where the model has no router above the edit or nobody asks. */
  private Routes routes(List<FactProbes> places, List<Probe> probes, Reference unedited) {
    boolean routed =
        IntStream.range(settings.routingFrom(), decoder.architecture().layers())
            .anyMatch(decoder.architecture()::isMixture);
    if (!routed || !settings.has(Suite.Routing)) {
      return null;
    }
    List<int[]> prompts =
        places.stream().map(place -> probes.get(place.rewrite()).prompt()).toList();
    List<int[]> text =
        unedited == null ? Routes.text(decoder, tokenizer, settings) : unedited.routes().text();
    return Routes.of(decoder, prompts, text, settings.routingFrom(), settings.tokensPerBatch());
  }

  private long total(int probes) {
    long total = probes;
    if (settings.has(Suite.Generation)) {
      total += facts.size();
    }
    if (settings.has(Suite.Fluency)) {
      total += Fluency.count(facts, settings);
    }
    if (hasHeldOut()) {
      total += Perplexity.windows(tokenizer, decoder.architecture().positions(), settings);
    }
    return total;
  }

  private boolean hasHeldOut() {
    return settings.has(Suite.Perplexity) && settings.heldOut() != null;
  }

  private static List<List<int[]>> locality(List<FactProbes> places, List<Score> scores) {
    return places.stream()
        .map(
            fact -> fact.neighbours().stream().map(place -> scores.get(place).predicted()).toList())
        .toList();
  }

  private List<String> prefixes(Reference unedited) {
    if (!settings.has(Suite.Generation)) {
      return List.of();
    }
    return unedited == null ? Prefixed.draw(decoder, tokenizer, settings) : unedited.prefixes();
  }

  private List<Score> prefixed(Scorer scorer, List<String> prefixes) {
    return Prefixed.score(scorer, tokenizer, decoder.architecture().positions(), prefixes, facts);
  }

  private List<FactScore> factScores(
      List<FactProbes> places,
      List<Probe> probes,
      List<Score> scores,
      List<List<int[]>> locality,
      List<Score> prefixed) {
    List<String> generated =
        Greedy.texts(
            decoder,
            tokenizer,
            places.stream().map(place -> probes.get(place.rewrite())).toList(),
            places.stream().map(place -> scores.get(place.rewrite())).toList(),
            settings.tokensPerBatch());
    FactScores maker = new FactScores(scores, settings.suites());
    return IntStream.range(0, facts.size())
        .mapToObj(
            i ->
                maker.of(
                    facts.get(i),
                    places.get(i),
                    locality.get(i),
                    prefixed.get(i),
                    generated.get(i)))
        .toList();
  }

  private Fluency fluency(Ticker ticker) {
    return settings.has(Suite.Fluency)
        ? Fluency.of(decoder, tokenizer, facts, settings, pieces, ticker)
        : Fluency.NONE;
  }

  private Perplexity perplexity(Ticker ticker) {
    return hasHeldOut()
        ? Perplexity.of(decoder, tokenizer, settings, pieces, ticker)
        : new Perplexity(null, 0);
  }
}
