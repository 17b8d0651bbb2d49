package dev.errata.editing.statistics;

import dev.errata.api.InputException;
import java.io.Closeable;
import java.io.IOException;

/** The text of one file in pieces, streaming. */
interface Documents extends Closeable {
  /**
   * A piece of text.
   *
   * @param text not empty
   * @param last whether a document ends with it
   */
  record Piece(String text, boolean last) {}

  /**
   * The next piece, or null at the end.
   *
   * @throws InputException when the file does not hold what its name says
   */
  Piece next() throws IOException;
}
