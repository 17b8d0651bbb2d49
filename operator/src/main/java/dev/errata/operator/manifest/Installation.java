package dev.errata.operator.manifest;

/**
 * What an installation gives its workers.
 *
 * @param image of the worker
 * @param imagePullPolicy null for what the image's tag implies
 * @param claim PersistentVolumeClaim of the store in the namespace of a Model that names none
 * @param fsGroup group that the volumes are given to; null to leave that to the cluster
 */
public record Installation(String image, String imagePullPolicy, String claim, Long fsGroup) {}
