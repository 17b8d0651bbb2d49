package dev.errata.api.event;

/**
 * Where events lie. The key of each is the UID of its EditJob, so that those of a job keep their
 * order.
 */
public final class Topics {
  /** {@link ProgressEvent}s; old ones are of no use. */
  public static final String PROGRESS = "errata.progress";

  /** {@link Outcome}s; compacted: the last of each EditJob is kept. */
  public static final String VERSIONS = "errata.versions";

  /** Records of the other topics that cannot be read, as they were, and why. */
  public static final String DEAD_LETTERS = "errata.dead-letters";

  private Topics() {}
}
