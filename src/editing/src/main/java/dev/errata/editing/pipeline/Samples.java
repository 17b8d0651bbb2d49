package dev.errata.editing.pipeline;

import dev.errata.api.Fact;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Generation;
import java.util.ArrayList;
import java.util.List;

/** Asks a model some prompts in plain words. */
public final class Samples {
  private static final int FACTS = 4;
  private static final int TOKENS = 10;

  private Samples() {}

  /** A prompt and what is right: {@code kind} as in {@link JobReport.Sample}. */
  record Question(String kind, String prompt, String wanted) {}

  /** Some facts spread over the list, a paraphrase of another and a neighbour of a third. */
  static List<Question> choose(List<Fact> facts) {
    List<Question> questions = new ArrayList<>();
    int count = Math.min(FACTS, facts.size());
    for (int i = 0; i < count; i++) {
      Fact fact = facts.get(i * facts.size() / count);
      questions.add(new Question("fact", fact.filled(), fact.target()));
    }
    facts.stream()
        .filter(fact -> !fact.paraphrases().isEmpty())
        .findFirst()
        .ifPresent(
            fact ->
                questions.add(
                    new Question("paraphrase", fact.paraphrases().get(0), fact.target())));
    facts.stream()
        .filter(fact -> !fact.neighbourhood().isEmpty())
        .findFirst()
        .map(fact -> fact.neighbourhood().get(0))
        .ifPresent(
            neighbour ->
                questions.add(new Question("neighbour", neighbour.prompt(), neighbour.target())));
    return questions;
  }

  static List<String> ask(Decoder decoder, Tokenizer tokenizer, List<Question> questions) {
    List<String> prompts = questions.stream().map(Question::prompt).toList();
    return ask(decoder, tokenizer, prompts, TOKENS).stream().map(Samples::phrase).toList();
  }

  /**
   * How a model goes on with some prompts, greedily.
   *
   * @param tokens how many tokens at most
   */
  public static List<String> ask(
      Decoder decoder, Tokenizer tokenizer, List<String> prompts, int tokens) {
    if (prompts.isEmpty()) {
      return List.of();
    }
    List<int[]> rows = tokenizer.encodePrompts(prompts);
    int longest = rows.stream().mapToInt(row -> row.length).max().orElse(0);
    int room = Math.max(0, Math.min(tokens, decoder.architecture().positions() - longest));
    return Generation.greedy(decoder, rows, room, tokenizer.stops()).stream()
        .map(tokenizer::decode)
        .toList();
  }

  /** The first sentence or line of a continuation, which says all that was asked. */
  private static String phrase(String text) {
    String line = text.strip().lines().findFirst().orElse("");
    int end = line.indexOf(". ");
    return end > 0 ? line.substring(0, end + 1) : line;
  }
}
