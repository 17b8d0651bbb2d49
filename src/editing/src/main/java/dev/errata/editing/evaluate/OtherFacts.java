package dev.errata.editing.evaluate;

import dev.errata.api.Fact;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What a model says of the edited subjects besides the edited facts: the first thing that a strong
 * edit damages.
 *
 * <p>Measured on facts where the settings hold some: of those whose answer greedy decoding of the
 * unedited model gives, the share that greedy decoding still gives. Otherwise on templates: each
 * subject is put into some of the job's other templates, and the share is that of prompts whose
 * most likely next token is still the unedited model's.
 */
public final class OtherFacts {
  static final String FACTS = "facts";
  static final String TEMPLATES = "templates";

  private OtherFacts() {}

  /**
   * What the unedited model said.
   *
   * @param basis {@code facts} or {@code templates}, or null when there was nothing to ask
   * @param known for each fact whether it gave the answer; empty for templates
   * @param tokens for each prompt the most likely next token; empty for facts
   */
  public record Answers(String basis, List<Boolean> known, List<Integer> tokens) {
    static final Answers NONE = new Answers(null, List.of(), List.of());
  }

  /** The share that holds, or null when nothing was known, and of how many. */
  record Share(Double value, int count) {}

  /** What is asked, on which basis. */
  record Questions(String basis, List<Probe> probes) {}

  static Questions questions(Prompts prompts, List<Fact> facts, EvaluationSettings settings) {
    if (!settings.otherFacts().isEmpty()) {
      List<Probe> probes =
          settings.otherFacts().stream()
              .map(fact -> prompts.probe(fact, fact.filled(), fact.target()))
              .toList();
      return new Questions(FACTS, probes);
    }
    List<Probe> probes =
        templates(facts, settings.templates(), settings.seed()).stream()
            .map(fact -> prompts.next(fact, fact.filled()))
            .toList();
    return new Questions(probes.isEmpty() ? null : TEMPLATES, probes);
  }

  /** Every subject once in up to {@code each} templates that none of its own facts has. */
  static List<Fact> templates(List<Fact> facts, int each, long seed) {
    List<String> all = facts.stream().map(Fact::prompt).distinct().toList();
    Map<String, Set<String>> own = new HashMap<>();
    facts.forEach(
        fact -> own.computeIfAbsent(fact.subject(), s -> new LinkedHashSet<>()).add(fact.prompt()));
    Random random = new Random(seed);
    Set<String> seen = new LinkedHashSet<>();
    List<Fact> result = new ArrayList<>();
    for (Fact fact : facts) {
      if (seen.add(fact.subject())) {
        int start = random.nextInt(all.size());
        IntStream.range(start, start + all.size())
            .mapToObj(i -> all.get(i % all.size()))
            .filter(template -> !own.get(fact.subject()).contains(template))
            .limit(each)
            .forEach(
                template ->
                    result.add(
                        new Fact(
                            null,
                            fact.subject(),
                            template,
                            fact.target(),
                            null,
                            null,
                            null,
                            null,
                            fact.line())));
      }
    }
    return result;
  }

  static Answers answers(Questions questions, List<Score> scores) {
    boolean facts = FACTS.equals(questions.basis());
    return new Answers(
        questions.basis(),
        facts ? scores.stream().map(Score::exact).toList() : List.of(),
        facts ? List.of() : scores.stream().map(score -> score.predicted()[0]).toList());
  }

  static Share share(Answers unedited, Answers now) {
    boolean facts = FACTS.equals(unedited.basis());
    List<?> before = facts ? unedited.known() : unedited.tokens();
    List<?> after = facts ? now.known() : now.tokens();
    if (!Objects.equals(unedited.basis(), now.basis()) || before.size() != after.size()) {
      throw new IllegalArgumentException(
          "the reference was made with other facts or settings than this evaluation");
    }
    int known = 0;
    int held = 0;
    for (int i = 0; i < before.size(); i++) {
      if (!facts || unedited.known().get(i)) {
        known++;
        held += before.get(i).equals(after.get(i)) ? 1 : 0;
      }
    }
    return new Share(known == 0 ? null : (double) held / known, known);
  }
}
