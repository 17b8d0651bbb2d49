package dev.errata.editing.locate;

/** What a token is in the prompt of a fact (Meng et al. 2022, figure 2). */
public enum TokenRole {
  /** The first of several tokens of the subject. */
  FIRST_SUBJECT("first subject token"),
  /** Between the subject's first and last. */
  MIDDLE_SUBJECT("middle subject tokens"),
  /** The subject's last or only token. */
  LAST_SUBJECT("last subject token"),
  /** The first token behind the subject. */
  FIRST_AFTER("first subsequent token"),
  /** Further tokens behind the subject. */
  AFTER("further tokens"),
  /** The last token of the prompt, unless the subject ends there. */
  LAST("last token");

  private final String words;

  TokenRole(String words) {
    this.words = words;
  }

  /** The role in plain words. */
  public String words() {
    return words;
  }

  /**
   * The role of a token.
   *
   * @param position its position, at least the subject's first
   */
  static TokenRole of(TracePrompt prompt, int position) {
    int last = prompt.subjectEnd() - 1;
    if (position == last) {
      return LAST_SUBJECT;
    }
    if (position < last) {
      return position == prompt.subjectStart() ? FIRST_SUBJECT : MIDDLE_SUBJECT;
    }
    if (position == prompt.length() - 1) {
      return LAST;
    }
    return position == last + 1 ? FIRST_AFTER : AFTER;
  }
}
