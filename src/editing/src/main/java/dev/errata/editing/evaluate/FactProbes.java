package dev.errata.editing.evaluate;

import dev.errata.api.Fact;
import java.util.ArrayList;
import java.util.List;

/**
 * The places of a fact's probes in the list of all probes.
 *
 * @param rewrite the prompt with the new target
 * @param rewriteOld the prompt with the old target, or null
 * @param paraphrases the paraphrases with the new target
 * @param paraphrasesOld the paraphrases with the old target; empty when that is unknown
 * @param neighbours the neighbours with their answer, or for the next token only
 * @param neighboursNew the neighbours with the new target, null where the answer is unknown
 * @param questions the portability questions with their answers
 */
record FactProbes(
    int rewrite,
    Integer rewriteOld,
    List<Integer> paraphrases,
    List<Integer> paraphrasesOld,
    List<Integer> neighbours,
    List<Integer> neighboursNew,
    List<Integer> questions) {

  /** Adds all probes of a fact to a list. */
  static FactProbes add(Fact fact, Prompts prompts, List<Probe> probes) {
    String filled = fact.filled();
    String old = fact.oldTarget();
    int rewrite = add(probes, prompts.probe(fact, filled, fact.target()));
    Integer rewriteOld = old == null ? null : add(probes, prompts.probe(fact, filled, old));
    List<Integer> paraphrases = new ArrayList<>();
    List<Integer> paraphrasesOld = new ArrayList<>();
    for (String text : fact.paraphrases()) {
      paraphrases.add(add(probes, prompts.probe(fact, text, fact.target())));
      if (old != null) {
        paraphrasesOld.add(add(probes, prompts.probe(fact, text, old)));
      }
    }
    List<Integer> neighbours = new ArrayList<>();
    List<Integer> neighboursNew = new ArrayList<>();
    for (Fact.Neighbour neighbour : fact.neighbourhood()) {
      String text = neighbour.prompt();
      if (neighbour.target() == null) {
        neighbours.add(add(probes, prompts.next(fact, text)));
        neighboursNew.add(null);
      } else {
        neighbours.add(add(probes, prompts.probe(fact, text, neighbour.target())));
        neighboursNew.add(add(probes, prompts.probe(fact, text, fact.target())));
      }
    }
    List<Integer> questions = new ArrayList<>();
    for (Fact.Question question : fact.portability()) {
      questions.add(add(probes, prompts.probe(fact, question.prompt(), question.answer())));
    }
    return new FactProbes(
        rewrite, rewriteOld, paraphrases, paraphrasesOld, neighbours, neighboursNew, questions);
  }

  private static int add(List<Probe> probes, Probe probe) {
    probes.add(probe);
    return probes.size() - 1;
  }
}
