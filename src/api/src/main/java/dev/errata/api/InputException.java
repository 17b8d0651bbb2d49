package dev.errata.api;

import java.util.List;

/**
 * Input that a person can mend: a manifest, a facts file, a checkpoint, an argument. Nothing has
 * been written when it is thrown. Each problem names the file, the line or field, the value and the
 * mend. The command line prints {@link #getMessage()} as it is and exits with code 2.
 */
public class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  /** One problem. */
  public InputException(String problem) {
    this(problem, null);
  }

  /** One problem and what made it known. */
  public InputException(String problem, Throwable cause) {
    super(problem, cause);
    this.problems = List.of(problem);
  }

  /** Several problems of one input; the message holds one a line. */
  public InputException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** The problems in the order of the input, never empty. */
  public List<String> problems() {
    return problems == null ? List.of(getMessage()) : problems;
  }
}
