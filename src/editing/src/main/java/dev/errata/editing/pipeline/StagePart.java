package dev.errata.editing.pipeline;

import dev.errata.api.resource.Stage;

/**
 * The part of a job that one worker pod computes: one stage, of {@link Stage#Values} and {@link
 * Stage#Evaluate} one shard. The stages before it are done and lie in the workspace; what of them
 * is missing is computed again.
 *
 * @param base the version to start from, such as {@code v3}: the same for all parts of a job
 * @param stage the last stage to compute
 * @param shard number of the shard, from 0
 * @param shards how many pods share the stage
 */
public record StagePart(String base, Stage stage, int shard, int shards) {
  public StagePart {
    if (shards < 1 || shard < 0 || shard >= shards) {
      throw new IllegalArgumentException("shard " + shard + " of " + shards);
    }
  }

  /** Whether parts of this stage run side by side. */
  boolean shared() {
    return stage == Stage.Values || (stage == Stage.Evaluate && shards > 1);
  }

  /**
   * Whether second moments are computed or read in this part: they take the memory of the widest
   * layers squared.
   *
   * @param updated whether the weights are edited already
   */
  boolean needsMoments(boolean updated) {
    return switch (stage) {
      case Statistics, Update, Publish -> true;
      case Values -> false;
      default -> !updated;
    };
  }

  /**
   * Whether changes of the weights are solved for in this part.
   *
   * @param updated whether the weights are edited already
   */
  boolean solves(boolean updated) {
    return switch (stage) {
      case Statistics, Values -> false;
      case Update -> true;
      default -> !updated;
    };
  }

  /** Whether one of the pieces that a stage is cut into belongs to this part. */
  boolean owns(int piece) {
    return piece % shards == shard;
  }
}
