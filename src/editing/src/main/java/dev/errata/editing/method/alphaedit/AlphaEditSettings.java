package dev.errata.editing.method.alphaedit;

import dev.errata.api.resource.AlphaEdit;

/**
 * The settings of AlphaEdit beside those of the values, complete. Exactly one of the last two is
 * set.
 *
 * @param l2 weight of the length of the change, or null to choose it by the residual share
 * @param nullSpaceShare share of the trace of a moment that its null space may hold, or null
 * @param nullSpaceRank how many leading directions are off the null space, or null
 */
public record AlphaEditSettings(Double l2, Double nullSpaceShare, Integer nullSpaceRank) {
  /**
   * About what lies below the mean eigenvalue: 1,165 to 1,231 of 1,536 dimensions in SmolLM2-135M
   * upcycled to 4 experts. An absolute threshold, as published, fits one model only.
   */
  private static final double NULL_SPACE_SHARE = 0.2;

  /** Completes what a job says, which may be nothing. */
  public static AlphaEditSettings resolve(AlphaEdit job) {
    AlphaEdit given = job == null ? new AlphaEdit(null, null, null) : job;
    boolean open = given.nullSpaceShare() == null && given.nullSpaceRank() == null;
    Double share = open ? Double.valueOf(NULL_SPACE_SHARE) : given.nullSpaceShare();
    return new AlphaEditSettings(given.l2(), share, given.nullSpaceRank());
  }
}
