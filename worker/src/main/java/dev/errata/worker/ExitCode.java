package dev.errata.worker;

/** What the program's exit codes mean. */
final class ExitCode {
  /** Done. */
  static final int DONE = 0;

  /** A fault of the program itself. */
  static final int FAULT = 1;

  /** Bad input: nothing was written. */
  static final int INPUT = 2;

  /** A gate was missed: the version is stored as Rejected. */
  static final int GATE = 3;

  /** At odds with what is stored or running. */
  static final int CONFLICT = 4;

  /** The version to start from has moved; of a stage in a pod only. */
  static final int MOVED = 5;

  /** Interrupted, or out of time: the same command goes on where it was. */
  static final int INTERRUPTED = 130;

  private ExitCode() {}
}
