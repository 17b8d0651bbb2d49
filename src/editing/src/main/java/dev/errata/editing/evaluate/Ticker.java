package dev.errata.editing.evaluate;

import dev.errata.api.Progress;

/** Counts for a {@link Progress}. */
final class Ticker {
  private final Progress progress;
  private final long total;
  private long done;

  Ticker(Progress progress, long total) {
    this.progress = progress;
    this.total = total;
  }

  void advance(long items) {
    done += items;
    progress.advance(done, total);
  }
}
