package dev.errata.api.resource;

/** Who makes a new version the current one. */
public enum Promotion {
  /** The job, when all gates are passed. */
  Automatic,
  /** A person. */
  Manual
}
