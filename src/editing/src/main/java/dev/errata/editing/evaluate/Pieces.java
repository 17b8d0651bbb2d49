package dev.errata.editing.evaluate;

import java.util.function.Supplier;

/**
 * Who computes the pieces that an evaluation is cut into, and where their results are kept. The
 * cuts depend on facts and settings only, and a piece is computed in one go, so that its result is
 * the same, bit for bit, whoever computes it.
 */
public interface Pieces {
  /** All are computed here, and none is kept. */
  Pieces HERE =
      new Pieces() {
        @Override
        public <T> T piece(String kind, int number, Class<T> type, Supplier<T> computed) {
          return computed.get();
        }
      };

  /**
   * The result of a piece.
   *
   * @param kind what is evaluated in it, as a part of a file's name
   * @param number of the piece among those of its kind, from 0
   * @param type of the result, which JSON holds without a loss
   * @param computed computes it
   * @return null when it is left to another process and not there yet
   */
  <T> T piece(String kind, int number, Class<T> type, Supplier<T> computed);
}
