package dev.errata.editing.pipeline;

import dev.errata.api.Figure;
import dev.errata.api.Progress;
import dev.errata.api.resource.Stage;
import java.util.function.LongSupplier;

/**
 * Ends a run at the first sign of progress behind its deadline, where all that it has finished is
 * kept and nothing is half written.
 */
final class Deadline implements Progress {
  private static final long NANOS = 1_000_000_000L;

  private final Progress next;
  private final String job;
  private final long seconds;
  private final LongSupplier clock;
  private final long start;
  private String stage = "start";

  private Deadline(Progress next, String job, long seconds, LongSupplier clock) {
    this.next = next;
    this.job = job;
    this.seconds = seconds;
    this.clock = clock;
    this.start = clock.getAsLong();
  }

  /**
   * Watches over a run that begins now.
   *
   * @param seconds of {@code spec.activeDeadlineSeconds}, or null for none
   * @param clock nanoseconds
   */
  static Progress watch(Progress progress, String job, Long seconds, LongSupplier clock) {
    return seconds == null ? progress : new Deadline(progress, job, seconds, clock);
  }

  @Override
  public void stage(String name, String unit) {
    stage = name;
    check("");
    next.stage(name, unit);
  }

  @Override
  public void stage(Stage of, String name, String unit) {
    stage = name;
    check("");
    next.stage(of, name, unit);
  }

  @Override
  public void advance(long done, long total) {
    next.advance(done, total);
    check(" (" + done + " of " + total + ")");
  }

  @Override
  public void figure(Figure figure, double value) {
    next.figure(figure, value);
  }

  @Override
  public void note(String text) {
    next.note(text);
  }

  private void check(String place) {
    if ((clock.getAsLong() - start) / NANOS >= seconds) {
      throw new DeadlineException(
          "job '"
              + job
              + "': DeadlineExceeded: spec.activeDeadlineSeconds: "
              + seconds
              + " s were over in the stage '"
              + stage
              + "'"
              + place
              + "; what is done is kept: the same command goes on from there with as many seconds"
              + " again, or set more");
    }
  }
}
