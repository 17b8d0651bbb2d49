package dev.errata.editing.statistics;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Text files as windows of tokens. Documents follow each other without padding, an end-of-text
 * token between them where the model has one; each window begins with what the tokenizer puts
 * before a prompt, such as BOS.
 */
final class TextCorpus implements Corpus {
  private final List<Path> files;
  private final Path root;
  private final Tokenizer tokenizer;
  private final int[] prefix;
  private final int width;

  /**
   * A corpus.
   *
   * @param files what to read, in this order
   * @param root the file or folder that the user named
   * @param width tokens in a window
   */
  TextCorpus(List<Path> files, Path root, Tokenizer tokenizer, int width) {
    this.files = files;
    this.root = root;
    this.tokenizer = tokenizer;
    this.prefix = tokenizer.encodePrompt("");
    this.width = Math.max(width, prefix.length + 1);
  }

  @Override
  public String name() {
    return root.toString();
  }

  @Override
  public String digest() {
    Sha256 sha = new Sha256().line("text").line(Integer.toString(width));
    sha.line(Arrays.toString(prefix)).line(String.valueOf(tokenizer.eos()));
    for (Path file : files) {
      sha.line(root.relativize(file).toString()).line(Sha256.ofFile(file));
    }
    return sha.hex();
  }

  @Override
  public void requireText() {
    new Windows(prefix.length + 1L).next();
  }

  @Override
  public Iterator<int[]> rows(long tokens) {
    return new Windows(tokens);
  }

  /** Reads, encodes and cuts. */
  private final class Windows implements Iterator<int[]> {
    private final Iterator<Path> rest = files.iterator();
    private final long wanted;
    private Documents open;
    private long given;
    private int[] buffer = new int[0];
    private int filled;

    Windows(long wanted) {
      this.wanted = wanted;
    }

    @Override
    public boolean hasNext() {
      return given < wanted;
    }

    @Override
    public int[] next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      int length = (int) Math.min(width, wanted - given);
      int content = Math.max(1, length - prefix.length);
      while (filled < content && read()) {
        // Until there is enough, or nothing left.
      }
      if (filled < content) {
        throw tooShort();
      }
      int[] window = Arrays.copyOf(prefix, length);
      System.arraycopy(buffer, 0, window, length - content, content);
      System.arraycopy(buffer, content, buffer, 0, filled - content);
      filled -= content;
      given += length;
      return window;
    }

    private InputException tooShort() {
      long held = given + (filled == 0 ? 0 : prefix.length + filled);
      return new InputException(
          root
              + (held == 0 ? ": no text in it" : ": it holds only " + held)
              + (held == 0 ? "; " : " of the " + wanted + " tokens asked for; ")
              + "give more text, set statistics.tokens lower or statistics.corpus to "
              + SELF);
    }

    /** Adds a piece; false at the end. */
    private boolean read() {
      try {
        while (open != null || rest.hasNext()) {
          if (open == null) {
            open = CorpusFiles.open(rest.next());
          }
          Documents.Piece piece = open.next();
          if (piece != null) {
            add(tokenizer.encode(piece.text()));
            if (piece.last() && tokenizer.eos() != null) {
              add(new int[] {tokenizer.eos()});
            }
            return true;
          }
          open.close();
          open = null;
        }
        return false;
      } catch (IOException e) {
        throw IoProblems.of(root, e);
      }
    }

    private void add(int[] ids) {
      if (filled + ids.length > buffer.length) {
        buffer = Arrays.copyOf(buffer, Math.max(2 * buffer.length, filled + ids.length));
      }
      System.arraycopy(ids, 0, buffer, filled, ids.length);
      filled += ids.length;
    }
  }
}
