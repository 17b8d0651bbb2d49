package dev.errata.editing.checkpoint;

import dev.errata.api.InputException;
import java.util.ArrayList;
import java.util.List;

/** Several problems of one input as one exception. */
final class InputProblems {
  private static final int SHOWN = 20;

  private InputProblems() {}

  /** One line a problem, each led by what it is about; the first ones when there are many. */
  static InputException of(String subject, List<String> problems) {
    List<String> lines = new ArrayList<>();
    problems.stream().limit(SHOWN).forEach(problem -> lines.add(subject + ": " + problem));
    if (problems.size() > SHOWN) {
      lines.add(subject + ": and " + (problems.size() - SHOWN) + " problems more");
    }
    return new InputException(lines);
  }
}
