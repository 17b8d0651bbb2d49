package dev.errata.editing.pipeline;

/**
 * Thrown by a part of a job that finds another version where the job started from: who runs the
 * parts starts them all again from it, or gives up.
 */
public final class MovedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String current;

  MovedException(String message, String current) {
    super(message);
    this.current = current;
  }

  /** The version that {@code spec.from} means now, such as {@code v4}. */
  public String current() {
    return current;
  }
}
