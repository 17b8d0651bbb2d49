package dev.errata.editing.method.memit;

import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Lays out the rows of the values' loss for groups of facts. */
final class ValueRows {
  private static final String ESSENCE = "{} is a";

  private final PromptEncoder encoder;
  private final MemitSettings settings;
  private final List<String> prefixes;
  private final int positions;

  /**
   * Prepares.
   *
   * @param prefixes texts to put before prompts
   * @param positions greatest number of tokens in a row
   */
  ValueRows(Tokenizer tokenizer, MemitSettings settings, List<String> prefixes, int positions) {
    this.encoder = new PromptEncoder(tokenizer);
    this.settings = settings;
    this.prefixes = prefixes;
    this.positions = positions;
  }

  /**
   * The rows of all groups: for every fact the bare prompt and each prefix, for every group its
   * protected prompts. Weights make a group's loss the mean over its facts of the mean over
   * contexts of the mean over target tokens, plus klFactor times the divergence on "{} is a", plus
   * preserveFactor times its mean on the preserved templates.
   *
   * @throws InputException naming every fact that is longer than the model's context
   */
  List<ValueRow> of(List<SubjectGroup> groups) {
    List<String> templates =
        groups.stream()
            .flatMap(group -> group.facts().stream())
            .map(Fact::prompt)
            .distinct()
            .toList();
    List<ValueRow> rows = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (int g = 0; g < groups.size(); g++) {
      SubjectGroup group = groups.get(g);
      for (int f = 0; f < group.facts().size(); f++) {
        addFact(group, g, f, rows, problems);
      }
      addProtected(group, g, templates, rows);
    }
    if (!problems.isEmpty()) {
      throw new InputException(String.join("\n", problems));
    }
    return rows;
  }

  private void addFact(
      SubjectGroup group, int g, int f, List<ValueRow> rows, List<String> problems) {
    Fact fact = group.facts().get(f);
    int[] target = encoder.target(fact.filled(), fact.target());
    List<String> contexts = new ArrayList<>(List.of(""));
    contexts.addAll(prefixes);
    double weight = 1.0 / (target.length * contexts.size() * group.facts().size());
    for (String context : contexts) {
      PromptEncoder.Encoded prompt = encoder.encode(context, fact.prompt(), fact.subject());
      int length = prompt.ids().length + target.length - 1;
      if (length > positions) {
        problems.add(
            "line "
                + fact.line()
                + ": the fact takes "
                + length
                + " tokens with its context, the model has "
                + positions
                + " positions; shorten the prompt or the target");
        return;
      }
      int[] ids = Arrays.copyOf(prompt.ids(), length);
      System.arraycopy(target, 0, ids, prompt.ids().length, target.length - 1);
      int[] labels = new int[target.length];
      Arrays.setAll(labels, i -> prompt.ids().length - 1 + i);
      rows.add(
          new ValueRow(g, f, context.isEmpty(), ids, prompt.subjectLast(), labels, target, weight));
    }
  }

  private void addProtected(
      SubjectGroup group, int g, List<String> templates, List<ValueRow> rows) {
    if (settings.klFactor() > 0) {
      addProtected(group, g, ValueRow.ESSENCE, ESSENCE, settings.klFactor(), rows);
    }
    List<String> own = group.facts().stream().map(Fact::prompt).toList();
    List<String> others = new ArrayList<>(templates);
    others.removeAll(own);
    others.remove(ESSENCE);
    int count = settings.preserveFactor() > 0 ? Math.min(settings.preserve(), others.size()) : 0;
    var random = new SplittableRandom(settings.seed() ^ group.subject().hashCode());
    for (int i = 0; i < count; i++) {
      String template = others.remove(random.nextInt(others.size()));
      double weight = settings.preserveFactor() / count;
      addProtected(group, g, ValueRow.TEMPLATE, template, weight, rows);
    }
  }

  private void addProtected(
      SubjectGroup group, int g, int kind, String template, double weight, List<ValueRow> rows) {
    PromptEncoder.Encoded prompt = encoder.encode("", template, group.subject());
    if (prompt.ids().length > positions) {
      return; // Only a protection is lost; the fact itself was measured above.
    }
    int[] labels = {prompt.ids().length - 1};
    rows.add(
        new ValueRow(
            g, kind, true, prompt.ids(), prompt.subjectLast(), labels, new int[0], weight));
  }
}
