package dev.errata.api.resource;

/** What a job does when its base is no longer the newest version. */
public enum OnConflict {
  /** Starts again from the newest version. */
  Rebase,
  /** Fails and leaves the newest version alone. */
  Fail
}
