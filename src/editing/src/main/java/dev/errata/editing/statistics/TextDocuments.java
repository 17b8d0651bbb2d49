package dev.errata.editing.statistics;

import dev.errata.api.InputException;
import dev.errata.api.Utf8Reader;
import dev.errata.editing.checkpoint.IoProblems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of plain text: one document, cut behind white space into pieces of bounded length. */
final class TextDocuments implements Documents {
  private static final int PIECE = 1 << 15;

  private final Path file;
  private final Utf8Reader reader;
  private final StringBuilder text = new StringBuilder();
  private boolean end;

  TextDocuments(Path file) {
    this.file = file;
    try {
      this.reader = new Utf8Reader(Files.newInputStream(file));
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  @Override
  public Piece next() throws IOException {
    while (!end && text.length() < PIECE) {
      fill();
    }
    if (text.toString().isBlank()) {
      return null;
    }
    int cut = end ? text.length() : lastSpace();
    String piece = text.substring(0, cut);
    text.delete(0, cut);
    return new Piece(piece, end);
  }

  private void fill() throws IOException {
    char[] buffer = new char[PIECE];
    try {
      int count = reader.read(buffer);
      end = count < 0;
      text.append(buffer, 0, Math.max(0, count));
    } catch (Utf8Reader.Malformed e) {
      throw new InputException(file + ":" + e.line() + ": " + e.getMessage(), e);
    }
  }

  /** Behind the last white space, or the whole text where there is none. */
  private int lastSpace() {
    for (int i = text.length(); i > 0; i--) {
      if (Character.isWhitespace(text.charAt(i - 1))) {
        return i;
      }
    }
    return text.length();
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
