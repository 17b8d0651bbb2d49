package dev.errata.api;

import java.util.List;

/**
 * One thing that a model shall say from now on: the prompt, with the subject in the place of its
 * one {@code {}}, is to be continued by {@code " " + target}.
 *
 * @param id name of the fact in its source, or null
 * @param subject what the fact is about, without space around it
 * @param prompt template with exactly one {@code {}}, without space at its end
 * @param target the new object, without space around it
 * @param oldTarget the object that the target replaces, or null when unknown
 * @param paraphrases other full prompts (subject filled in) that must give the target too
 * @param neighbourhood prompts about other subjects that must go on as before
 * @param portability questions whose answer follows from the new fact
 * @param line where it stands in its source, counted from 1: the line of a JSON Lines file, the
 *     record of any other
 */
public record Fact(
    String id,
    String subject,
    String prompt,
    String target,
    String oldTarget,
    List<String> paraphrases,
    List<Neighbour> neighbourhood,
    List<Question> portability,
    int line) {

  /** What stands in a prompt where the subject goes. */
  public static final String SLOT = "{}";

  /**
   * A prompt about another subject.
   *
   * @param prompt full prompt
   * @param target the true answer, or null when unknown
   */
  public record Neighbour(String prompt, String target) {}

  /**
   * A question whose answer follows from the edited fact.
   *
   * @param prompt full prompt
   * @param answer the answer after the edit
   */
  public record Question(String prompt, String answer) {}

  /** Lists are copied; a null list is an empty one. */
  public Fact {
    paraphrases = paraphrases == null ? List.of() : List.copyOf(paraphrases);
    neighbourhood = neighbourhood == null ? List.of() : List.copyOf(neighbourhood);
    portability = portability == null ? List.of() : List.copyOf(portability);
  }

  /** A fact with nothing but what is needed to edit it. */
  public static Fact of(String subject, String prompt, String target) {
    return new Fact(null, subject, prompt, target, null, null, null, null, 1);
  }

  /** The prompt with this fact's subject in its slot. */
  public String filled() {
    return filled(subject);
  }

  /** The prompt with another subject in its slot. */
  public String filled(String otherSubject) {
    int slot = prompt.indexOf(SLOT);
    return prompt.substring(0, slot) + otherSubject + prompt.substring(slot + SLOT.length());
  }

  /** Index of the subject's first character in {@link #filled()}. */
  public int subjectStart() {
    return prompt.indexOf(SLOT);
  }
}
