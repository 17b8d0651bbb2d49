package dev.errata.operator.access;

/** The API server could not be asked who somebody is or what they may see. */
public final class UnansweredException extends RuntimeException {
  /** Seconds after which to ask again. */
  public static final String RETRY_AFTER = "5";

  private static final long serialVersionUID = 1L;

  /**
   * Says why.
   *
   * @param message one sentence for whoever asks
   */
  UnansweredException(String message, Throwable cause) {
    super(message, cause);
  }
}
