package dev.errata.editing.method.memit;

/**
 * One token row of the values' loss: a prompt with its target, or a protected prompt.
 *
 * @param group index of the subject's group
 * @param fact index of the fact inside its group, {@link #ESSENCE} or {@link #TEMPLATE}
 * @param bare whether nothing stands before the prompt
 * @param ids tokens of prompt and target, the last token of the target left out
 * @param subjectLast index of the last token of the subject, where δ is added
 * @param labels positions whose next token is judged
 * @param targets the token wanted at each of them; empty for a protected prompt
 * @param weight factor of each position's term in the group's loss
 */
record ValueRow(
    int group,
    int fact,
    boolean bare,
    int[] ids,
    int subjectLast,
    int[] labels,
    int[] targets,
    double weight) {

  /** The protected prompt "{} is a". */
  static final int ESSENCE = -1;

  /** A protected prompt made of another template of the job. */
  static final int TEMPLATE = -2;

  /** Whether the row pulls toward the unedited model instead of toward a target. */
  boolean isProtected() {
    return fact < 0;
  }

  /** Tokens from the subject's last one on. */
  int suffix() {
    return ids.length - subjectLast;
  }

  /** Whether the row is a fact's prompt with nothing before it. */
  boolean isBareFact() {
    return bare && !isProtected();
  }

  /** The same row with another weight. */
  ValueRow weighing(double other) {
    return new ValueRow(group, fact, bare, ids, subjectLast, labels, targets, other);
  }

  /** The same row under another group index. */
  ValueRow inGroup(int index) {
    return new ValueRow(index, fact, bare, ids, subjectLast, labels, targets, weight);
  }
}
