package dev.errata.editing.checkpoint.store;

import dev.errata.api.InputException;

/**
 * What was asked for is at odds with what is stored or running: a name that is taken, a model that
 * another run uses, a rejected version. The command line exits with code 4.
 */
public final class ConflictException extends InputException {
  private static final long serialVersionUID = 1L;

  /** One conflict: what, why and the mend. */
  public ConflictException(String problem) {
    super(problem);
  }
}
