package dev.errata.operator.decide;

/** The worker's exit codes that mean something to a cluster. */
public final class WorkerExit {
  /** Bad input: trying again changes nothing. */
  public static final int INPUT = 2;

  /** The version to start from has moved. */
  public static final int MOVED = 5;

  private WorkerExit() {}
}
