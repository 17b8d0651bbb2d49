package dev.errata.editing.checkpoint;

/**
 * Tokens of a text with their places in it, counted in {@code char}s. A token that the
 * post-processor added has an empty span. Byte-level tokens that share a character share its span,
 * so a token may begin before the one ahead of it ends.
 */
public final class TokenSpans {
  private final int[] ids;
  private final int[] starts;
  private final int[] ends;

  TokenSpans(int[] ids, int[] starts, int[] ends) {
    this.ids = ids;
    this.starts = starts;
    this.ends = ends;
  }

  /** The token ids. */
  public int[] ids() {
    return ids.clone();
  }

  /** Number of tokens. */
  public int size() {
    return ids.length;
  }

  /** Index of the first {@code char} of a token. */
  public int start(int token) {
    return starts[token];
  }

  /** Index after the last {@code char} of a token. */
  public int end(int token) {
    return ends[token];
  }

  /** The last token that holds the {@code char} at this index, or -1 when none does. */
  public int tokenAt(int index) {
    for (int token = ids.length - 1; token >= 0; token--) {
      if (starts[token] <= index && index < ends[token]) {
        return token;
      }
    }
    return -1;
  }
}
