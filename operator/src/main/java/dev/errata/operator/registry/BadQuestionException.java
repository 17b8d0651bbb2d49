package dev.errata.operator.registry;

/** A question that cannot be answered as it is; the message names the parameter and the mend. */
final class BadQuestionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BadQuestionException(String message) {
    super(message);
  }
}
