package dev.errata.api.event;

/** A record that is no event of Errata; the message says why. */
public final class BrokenEventException extends Exception {
  private static final long serialVersionUID = 1L;

  BrokenEventException(String message) {
    super(message);
  }

  BrokenEventException(String message, Throwable cause) {
    super(message, cause);
  }
}
