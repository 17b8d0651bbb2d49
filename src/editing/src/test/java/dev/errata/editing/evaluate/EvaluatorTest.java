package dev.errata.editing.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.Fact;
import dev.errata.api.Fact.Neighbour;
import dev.errata.api.Fact.Question;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.api.resource.Suite;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.torch.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The public interface on a small random model, against plain recomputation. */
class EvaluatorTest {
  private static final String KNOWN = "Zed was in";
  private static final EvaluationSettings SETTINGS =
      new EvaluationSettings(
          EnumSet.allOf(Suite.class), 11, 64, 2, 12, 2, 8, 2, List.of(), "Zed is a cat.", 50, 9, 0);

  @TempDir private Path directory;
  private TinyModel model;
  private Tokenizer tokenizer;
  private List<Fact> facts;

  /** The pieces are ordered such that the model says " a" behind {@link #KNOWN}. */
  @BeforeEach
  void open() {
    model = TinyModel.open("qwen3");
    List<String> pieces = TinyModel.pieces();
    try (Tokenizer plain = TinyModel.tokenizer(directory, pieces)) {
      int said = model.greedy(plain.encodePrompt(KNOWN), 1)[0];
      assertThat(KNOWN.replace(' ', 'Ġ')).doesNotContain(pieces.get(said));
      Collections.swap(pieces, said, pieces.indexOf("Ġa"));
    }
    tokenizer = TinyModel.tokenizer(directory, pieces);
    facts =
        List.of(
            fact(1, "Zed", "{} was in", "a", "b", List.of("So Zed,", "Zed:"), List.of("a", "tz")),
            fact(2, "Ann", "{} is", "pqr", "b", List.of("Ann"), Arrays.asList("x", null)),
            fact(3, "Bo", "of {} is", "Ulm", null, List.of(), List.of()));
  }

  private static Fact fact(
      int line,
      String subject,
      String prompt,
      String target,
      String old,
      List<String> paraphrases,
      List<String> answers) {
    List<Neighbour> neighbours =
        IntStream.range(0, answers.size())
            .mapToObj(i -> new Neighbour("N" + line + i + " of", answers.get(i)))
            .toList();
    List<Question> questions =
        line == 2 ? List.of(new Question("Who?", "me"), new Question("Why is", "b")) : List.of();
    return new Fact(
        "f" + line, subject, prompt, target, old, paraphrases, neighbours, questions, line);
  }

  @AfterEach
  void close() {
    tokenizer.close();
    model.close();
  }

  private Evaluation evaluate(EvaluationSettings settings, Reference reference) {
    return Evaluator.evaluate(model.decoder, tokenizer, facts, settings, reference, Progress.NONE);
  }

  /** Pieces that some processes share, with results that go through JSON. */
  private static final class Shared implements Pieces {
    private final Map<String, byte[]> kept;
    private final int own;
    private int next;

    Shared(Map<String, byte[]> kept, int own) {
      this.kept = kept;
      this.own = own;
    }

    @Override
    public <T> T piece(String kind, int number, Class<T> type, Supplier<T> computed) {
      ObjectMapper json = new ObjectMapper();
      String name = kind + "-" + number;
      try {
        if (next++ % 3 == own) {
          assertThat(kept.put(name, json.writeValueAsBytes(computed.get()))).isNull();
        }
        return kept.containsKey(name) ? json.readValue(kept.get(name), type) : null;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Test
  void piecesOfSeveralProcessesGiveTheSame() throws IOException {
    EvaluationSettings settings = SETTINGS.withTokensPerBatch(8);
    Reference before = evaluate(settings, null).reference();
    Evaluation one = evaluate(settings, before);
    Map<String, byte[]> kept = new TreeMap<>();
    Evaluation joined = null;
    for (int own : List.of(2, 0, 1)) {
      assertThat(joined).isNull();
      joined =
          Evaluator.evaluate(
              model.decoder,
              tokenizer,
              facts,
              settings,
              before,
              new Shared(kept, own),
              Progress.NONE);
    }
    assertThat(kept.keySet()).contains("probes-1", "prefix-1-0", "fluency-0", "perplexity-1");
    ObjectMapper json = new ObjectMapper();
    assertThat(json.writeValueAsString(joined)).isEqualTo(json.writeValueAsString(one));
  }

  private Score score(String prompt, String answer) {
    return model.score(tokenizer.encodePrompt(prompt), tokenizer.encode(" " + answer));
  }

  private Double wins(String prompt, String winner, String loser) {
    boolean wins =
        winner != null
            && loser != null
            && score(prompt, winner).meanLogProb() > score(prompt, loser).meanLogProb();
    return winner == null || loser == null ? null : wins ? 1.0 : 0.0;
  }

  private static Double mean(Stream<Double> values) {
    double[] known = values.filter(Objects::nonNull).mapToDouble(Double::doubleValue).toArray();
    return known.length == 0 ? null : DoubleStream.of(known).sum() / known.length;
  }

  /** Mean over facts of the mean over a fact's items. */
  private <T> Double figure(Function<Fact, List<T>> items, BiFunction<Fact, T, Double> of) {
    return mean(
        facts.stream()
            .map(fact -> mean(items.apply(fact).stream().map(item -> of.apply(fact, item)))));
  }

  private void requireFigures(Metrics metrics) {
    assertThat(metrics.efficacy())
        .isEqualTo(mean(facts.stream().map(f -> wins(f.filled(), f.target(), f.oldTarget()))));
    assertThat(metrics.paraphrase())
        .isEqualTo(figure(Fact::paraphrases, (f, text) -> wins(text, f.target(), f.oldTarget())));
    assertThat(metrics.neighbourhood())
        .isEqualTo(figure(Fact::neighbourhood, (f, n) -> wins(n.prompt(), n.target(), f.target())));
    assertThat(metrics.exactMatch())
        .isEqualTo(mean(facts.stream().map(f -> greedily(f.filled(), f.target()) ? 1.0 : 0.0)));
    assertThat(metrics.paraphraseExactMatch())
        .isEqualTo(figure(Fact::paraphrases, (f, text) -> greedily(text, f.target()) ? 1.0 : 0.0));
    TokenAccuracy accuracy = metrics.tokenAccuracy();
    assertThat(accuracy.rewrite())
        .isEqualTo(mean(facts.stream().map(f -> score(f.filled(), f.target()).accuracy())));
    assertThat(accuracy.rephrase())
        .isEqualTo(figure(Fact::paraphrases, (f, text) -> score(text, f.target()).accuracy()));
    assertThat(accuracy.portability())
        .isEqualTo(figure(Fact::portability, (f, q) -> score(q.prompt(), q.answer()).accuracy()));
  }

  private boolean greedily(String prompt, String answer) {
    int[] target = tokenizer.encode(" " + answer);
    return Arrays.equals(model.greedy(tokenizer.encodePrompt(prompt), target.length), target);
  }

  @Test
  void equalsPlainRecomputation() {
    Evaluation before = evaluate(SETTINGS, null);
    requireFigures(before.metrics());
    assertThat(before.metrics().exactMatch()).isEqualTo(1.0 / 3);
    assertThat(before.metrics().tokenAccuracy().locality()).isEqualTo(1);
    assertThat(before.metrics().otherFacts()).isEqualTo(1);
    assertThat(before.metrics().otherFactsBasis()).isEqualTo("templates");
    assertThat(before.metrics().fluency()).isPositive();
    assertThat(before.metrics().counts())
        .isEqualTo(new Metrics.Counts(3, 1, 2, 3, 4, 3, 2, 6, 2, 11));
    assertThat(before.reference().metrics()).isEqualTo(before.metrics());
    assertThat(before.reference().prefixes()).hasSize(2);
  }

  @Test
  void comparesWithTheUneditedModel() throws Exception {
    Reference reference = throughJson(evaluate(SETTINGS, null).reference());
    List<int[]> predictions =
        facts.stream()
            .flatMap(fact -> fact.neighbourhood().stream())
            .map(n -> score(n.prompt(), n.target() == null ? "b" : n.target()).predicted())
            .toList();
    List<Integer> answers = nextTokensOnTemplates();
    damage();

    Evaluation after = evaluate(SETTINGS, reference);
    requireFigures(after.metrics());
    List<int[]> now =
        facts.stream()
            .flatMap(fact -> fact.neighbourhood().stream())
            .map(n -> score(n.prompt(), n.target() == null ? "b" : n.target()).predicted())
            .toList();
    double first =
        (Score.share(predictions.get(0), now.get(0)) + Score.share(predictions.get(1), now.get(1)))
            / 2;
    double second =
        (Score.share(predictions.get(2), now.get(2)) + Score.share(predictions.get(3), now.get(3)))
            / 2;
    assertThat(after.metrics().tokenAccuracy().locality())
        .isCloseTo((first + second) / 2, within(1e-12))
        .isLessThan(1);
    List<Integer> answersNow = nextTokensOnTemplates();
    long same = IntStream.range(0, 6).filter(i -> answers.get(i).equals(answersNow.get(i))).count();
    assertThat(after.metrics().otherFacts()).isEqualTo(same / 6.0);
    assertThat(after.reference()).isSameAs(reference);
  }

  private List<Integer> nextTokensOnTemplates() {
    return facts.stream()
        .flatMap(
            fact ->
                facts.stream()
                    .map(Fact::prompt)
                    .filter(prompt -> !prompt.equals(fact.prompt()))
                    .map(prompt -> prompt.replace("{}", fact.subject())))
        .sorted()
        .map(text -> model.greedy(tokenizer.encodePrompt(text), 1)[0])
        .toList();
  }

  private void damage() {
    try (Scope scope = new Scope()) {
      for (int layer = 0; layer < model.decoder.architecture().layers(); layer++) {
        model.decoder.replaceDown(layer, model.decoder.down(layer).mul(-3));
      }
    }
  }

  private static Reference throughJson(Reference reference) throws Exception {
    ObjectMapper json = new ObjectMapper();
    return json.readValue(json.writeValueAsString(reference), Reference.class);
  }

  @Test
  void scoresEveryFact() {
    Evaluation evaluation = evaluate(SETTINGS, null);
    for (int i = 0; i < facts.size(); i++) {
      Fact fact = facts.get(i);
      FactScore score = evaluation.facts().get(i);
      Score plain = score(fact.filled(), fact.target());
      int[] said = model.greedy(tokenizer.encodePrompt(fact.filled()), plain.target().length);
      assertThat(score.id()).isEqualTo(fact.id());
      assertThat(score.line()).isEqualTo(i + 1);
      assertThat(score.probabilityNew()).isCloseTo(Math.exp(plain.meanLogProb()), within(1e-5));
      if (Arrays.stream(said).noneMatch(tokenizer.stops()::contains)) {
        assertThat(score.generated()).isEqualTo(tokenizer.decode(said).strip());
      }
    }
    assertThat(evaluation.facts().get(0).generated()).isEqualTo("a");
    assertThat(evaluation.facts().get(0).exact()).isTrue();
    assertThat(evaluation.facts().get(2).probabilityOld()).isNull();
    assertThat(evaluation.facts().get(2).effective()).isNull();
    boolean[] holds = Verifier.verify(model.decoder, tokenizer, facts);
    for (int i = 0; i < holds.length; i++) {
      assertThat(holds[i]).isEqualTo(evaluation.facts().get(i).verified());
    }
    assertThat(holds[0]).isTrue();
  }

  @Test
  void scoresPromptsBehindThePrefixes() {
    Evaluation evaluation = evaluate(SETTINGS, null);
    for (int i = 0; i < facts.size(); i++) {
      Fact fact = facts.get(i);
      String prefix = evaluation.reference().prefixes().get(i % 2);
      int[] prompt =
          TinyModel.join(tokenizer.encodePrompt(prefix), tokenizer.encode(" " + fact.filled()));
      int[] target = tokenizer.encode(" " + fact.target());
      assertThat(prompt.length + target.length).isLessThan(64);
      assertThat(evaluation.facts().get(i).prefixedExact())
          .isEqualTo(Arrays.equals(model.greedy(prompt, target.length), target));
    }
  }

  @Test
  void countsOnlyOtherFactsThatWereKnown() {
    List<Fact> others =
        List.of(
            Fact.of("Zed", "{} was in", "a"),
            Fact.of("Zed", "{} was in", "q"),
            Fact.of("Ann", "{} met", "q"));
    EvaluationSettings settings =
        SETTINGS.withOtherFacts(others).withSuites(EnumSet.of(Suite.OtherFacts));
    Evaluation before = evaluate(settings, null);
    assertThat(before.metrics().otherFacts()).isEqualTo(1);
    assertThat(before.metrics().otherFactsBasis()).isEqualTo("facts");
    assertThat(before.metrics().counts().otherFacts()).isEqualTo(1);
    damage();
    assertThat(evaluate(settings, before.reference()).metrics().otherFacts())
        .isEqualTo(greedily(KNOWN, "a") ? 1.0 : 0.0);
  }

  @Test
  void leavesNullWhatCannotBeMeasured() {
    facts = List.of(Fact.of("Zed", "{} was in", "a"));
    EvaluationSettings settings = SETTINGS.withHeldOut(null);
    JsonNode json = new ObjectMapper().valueToTree(evaluate(settings, null).metrics());
    for (String name :
        List.of(
            "efficacy",
            "paraphrase",
            "neighbourhood",
            "score",
            "paraphraseExactMatch",
            "otherFacts",
            "perplexity")) {
      assertThat(json.has(name) && json.get(name).isNull()).as(name).isTrue();
    }
    assertThat(json.get("exactMatch").doubleValue()).isEqualTo(1);
    assertThat(json.at("/tokenAccuracy/rewrite").doubleValue()).isEqualTo(1);
    assertThat(json.at("/tokenAccuracy/locality").isNull()).isTrue();
    assertThat(json.has("prefixedExactMatch")).isTrue();
  }

  @Test
  void leavesNullWhatIsNotWanted() {
    Metrics metrics = evaluate(SETTINGS.withSuites(EnumSet.of(Suite.Probability)), null).metrics();
    assertThat(metrics.efficacy()).isNotNull();
    assertThat(metrics.score()).isNotNull();
    assertThat(metrics.exactMatch()).isNull();
    assertThat(metrics.prefixedExactMatch()).isNull();
    assertThat(metrics.tokenAccuracy().rewrite()).isNull();
    assertThat(metrics.tokenAccuracy().locality()).isNull();
    assertThat(metrics.otherFacts()).isNull();
    assertThat(metrics.fluency()).isNull();
    assertThat(metrics.perplexity()).isNull();
  }

  @Test
  void predictsEveryTokenOfTheHeldOutTextOnce() {
    int[] text = tokenizer.encode(SETTINGS.heldOut());
    double sum = 0;
    // A window of 9: <s>, the last token before, 7 more.
    for (int from = 0; from < text.length - 1; from += 7) {
      int to = Math.min(text.length, from + 8);
      int[] head = {TinyModel.BOS, text[from]};
      sum += model.score(head, Arrays.copyOfRange(text, from + 1, to)).logProb();
    }
    Metrics metrics = evaluate(SETTINGS, null).metrics();
    assertThat(metrics.counts().perplexityTokens()).isEqualTo(text.length - 1);
    assertThat(metrics.perplexity()).isCloseTo(Math.exp(-sum / (text.length - 1)), within(1e-3));
  }

  @Test
  void refusesPromptsLongerThanTheContext() {
    facts = List.of(Fact.of("Zed " + "z".repeat(70), "{} was in", "a"));
    assertThatThrownBy(() -> evaluate(SETTINGS, null))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("line 1")
        .hasMessageContaining("context holds 64");
  }

  @Test
  void refusesAReferenceOfOtherFacts() {
    Reference reference = evaluate(SETTINGS, null).reference();
    facts = facts.subList(0, 2);
    assertThatThrownBy(() -> evaluate(SETTINGS, reference))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void tellsAProgressThatEndsAtItsTotal() {
    long[] last = new long[2];
    Progress progress =
        (done, total) -> {
          assertThat(done).isGreaterThan(last[0]);
          last[0] = done;
          last[1] = total;
        };
    Evaluator.evaluate(model.decoder, tokenizer, facts, SETTINGS, null, progress);
    assertThat(last[0]).isEqualTo(last[1]);
  }

  /** A gate is refused exactly where the evaluation would leave its figure open. */
  @Test
  void gatesNeedWhatTheirFiguresAreMeasuredOn() {
    List<Fact> bare = List.of(fact(3, "Bo", "of {} is", "Ulm", null, List.of(), List.of()));
    List<Fact> halves =
        List.of(facts.get(2), fact(2, "Ann", "{} is", "a", "b", List.of(), List.of()));
    for (List<Fact> some : List.of(facts, bare, halves)) {
      facts = some;
      for (Suite left : Suite.values()) {
        for (String text : Arrays.asList("Zed is a cat.", null)) {
          EvaluationSettings settings =
              SETTINGS.withHeldOut(text).withSuites(EnumSet.complementOf(EnumSet.of(left)));
          Reference before = evaluate(settings, null).reference();
          Metrics after = evaluate(settings, before).metrics();
          for (String name : Gates.names()) {
            List<Requirement> gate = List.of(new Requirement(name, -1.0, null));
            boolean measured = Gates.check(gate, after, after).isEmpty();
            assertThat(refuses(gate, settings)).as(name + " without " + left).isEqualTo(!measured);
          }
        }
      }
    }
  }

  private boolean refuses(List<Requirement> gate, EvaluationSettings settings) {
    try {
      GateNeeds.require(gate, settings, facts, false);
      return false;
    } catch (InputException e) {
      assertThat(e).hasMessageContaining("cannot be measured without");
      return true;
    }
  }
}
