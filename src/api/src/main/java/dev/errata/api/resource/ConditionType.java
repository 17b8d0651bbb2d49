package dev.errata.api.resource;

/** What conditions are about. */
public enum ConditionType {
  /** Of an EditJob: it is done. */
  Complete("Of an EditJob: it is done."),
  /** Of an EditJob: it has ended without what it was to make. */
  Failed("Of an EditJob: it has ended without what it was to make."),
  /** Of an EditJob: it rests until somebody lets it go on. */
  Suspended("Of an EditJob: it rests until somebody lets it go on."),
  /** Of an EditJob that names a Kueue queue: the queue has let its pods start. */
  QuotaReserved("Of an EditJob that names a Kueue queue: the queue has let its pods start."),
  /** Of an EditJob: its pods compute. */
  WorkersReady("Of an EditJob: its pods compute."),
  /** Of an EditJob: its version is published. */
  VersionPublished("Of an EditJob: its version is published."),
  /** Of a Model: its base is imported, so that it can be edited. */
  Ready("Of a Model: its base is imported, so that it can be edited."),
  /** Of a Model: the version that serving reads is the one of {@code spec.current}. */
  Promoted("Of a Model: the version that serving reads is the one of spec.current.");

  private final String meaning;

  ConditionType(String meaning) {
    this.meaning = meaning;
  }

  /** What it means, in one sentence for documentation. */
  public String meaning() {
    return meaning;
  }
}
