package dev.errata.api.resource;

/** What conditions are about. */
public enum ConditionType {
  /** Of an EditJob: it is done. */
  Complete,
  /** Of an EditJob: it has ended without what it was to make. */
  Failed,
  /** Of an EditJob: it rests until somebody lets it go on. */
  Suspended,
  /** Of an EditJob that names a Kueue queue: the queue has let its pods start. */
  QuotaReserved,
  /** Of an EditJob: its pods compute. */
  WorkersReady,
  /** Of an EditJob: its version is published. */
  VersionPublished,
  /** Of a Model: its base is imported, so that it can be edited. */
  Ready,
  /** Of a Model: the version that serving reads is the one of {@code spec.current}. */
  Promoted
}
