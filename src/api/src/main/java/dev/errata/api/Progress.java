package dev.errata.api;

import dev.errata.api.resource.Stage;

/**
 * Hears how far a long piece of work is. Called on the thread that works, often; listeners decide
 * what to show and how often.
 */
@FunctionalInterface
public interface Progress {
  /** Hears nothing. */
  Progress NONE = (done, total) -> {};

  /**
   * Says how far the current stage is.
   *
   * @param done units done, from 0; does not fall within a stage
   * @param total units in all
   */
  void advance(long done, long total);

  /**
   * Begins a stage: what {@link #advance} says from now on is of it.
   *
   * @param name in plain words, such as "statistics"
   * @param unit what is counted, in the plural, such as "tokens" or "facts"
   */
  default void stage(String name, String unit) {}

  /**
   * Begins a part of a stage of a job.
   *
   * @param of the stage that it belongs to
   * @param name in plain words
   * @param unit what is counted, in the plural
   */
  default void stage(Stage of, String name, String unit) {
    stage(name, unit);
  }

  /**
   * Tells a number of the work at hand.
   *
   * @param value of the figure now
   */
  default void figure(Figure figure, double value) {}

  /**
   * The same listener for a piece of what is counted.
   *
   * @param before units that were done before the piece
   * @param all units in all
   */
  default Progress piece(long before, long all) {
    Progress whole = this;
    return new Progress() {
      @Override
      public void advance(long done, long total) {
        whole.advance(before + done, all);
      }

      @Override
      public void figure(Figure figure, double value) {
        whole.figure(figure, value);
      }

      @Override
      public void note(String text) {
        whole.note(text);
      }
    };
  }

  /**
   * Tells something once that a person should know and that is no error, such as a cached file that
   * was spoilt and is made again.
   *
   * @param text one sentence
   */
  default void note(String text) {}
}
