package dev.errata.operator.manifest;

import dev.errata.api.resource.ProgressTarget;

/**
 * What an installation gives its workers.
 *
 * @param image of the worker
 * @param imagePullPolicy null for what the image's tag implies
 * @param claim PersistentVolumeClaim of the store in the namespace of a Model that names none; with
 *     a store in a bucket that of the workspaces
 * @param bucket the bucket and prefix in which each namespace has its store, where a Model names
 *     none; null to keep stores in claims
 * @param secret Secret in the namespace of a Model with the environment that reaches the bucket;
 *     may be null
 * @param fsGroup group that the volumes are given to; null to leave that to the cluster
 * @param progress where workers tell how far they are when their job does not say; or null
 * @param collector where traces go, such as {@code http://collector:4318}; or null
 * @param metricsPort port at which pods of stages answer scrapes; null for none
 */
public record Installation(
    String image,
    String imagePullPolicy,
    String claim,
    String bucket,
    String secret,
    Long fsGroup,
    ProgressTarget progress,
    String collector,
    Integer metricsPort) {
  /** An installation whose stores are claims, without Kafka, traces and metrics. */
  public Installation(String image, String imagePullPolicy, String claim, Long fsGroup) {
    this(image, imagePullPolicy, claim, null, null, fsGroup, null, null, null);
  }
}
