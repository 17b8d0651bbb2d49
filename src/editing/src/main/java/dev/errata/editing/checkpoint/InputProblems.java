package dev.errata.editing.checkpoint;

import dev.errata.api.InputException;
import dev.errata.api.Problems;
import java.util.List;

/** Several problems of one input as one exception. */
final class InputProblems {
  private InputProblems() {}

  /** One line a problem, each led by what it is about. */
  static InputException of(String subject, List<String> problems) {
    Problems lines = new Problems();
    problems.forEach(problem -> lines.add(subject + ": " + problem));
    return new InputException(lines.list());
  }
}
