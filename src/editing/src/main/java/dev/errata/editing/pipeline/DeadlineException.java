package dev.errata.editing.pipeline;

import dev.errata.api.InputException;

/**
 * A job has used up {@code spec.activeDeadlineSeconds}. What it has finished is kept: the same job
 * goes on from there, with all of its seconds anew.
 */
public final class DeadlineException extends InputException {
  private static final long serialVersionUID = 1L;

  /** What was over where. */
  public DeadlineException(String problem) {
    super(problem);
  }
}
