package dev.errata.editing.model;

/**
 * Where a {@link Part} lies in a checkpoint.
 *
 * @param template the tensor's name, with {@code %d} for the layer, {@code %e} for the expert and
 *     {@code %h} for the head where each head's row is a tensor of its own
 * @param transposed stored as [in, out] (GPT-2's Conv1D) instead of [out, in]
 * @param from first output row of the part inside a fused tensor, or inside each of its groups
 * @param to row behind the last one, or 0 when the tensor holds this part alone
 * @param groups equal runs of rows of a fused tensor, each with a piece of every part (GPT-NeoX:
 *     one for each head, of query, key and value); 1 where the parts follow one another
 * @param packed whether one tensor holds all experts of a layer, the expert being its first axis
 */
public record Slot(
    String template, boolean transposed, int from, int to, int groups, boolean packed) {
  /** Rows {@code from} … {@code to − 1} of a tensor. */
  public Slot(String template, boolean transposed, int from, int to) {
    this(template, transposed, from, to, 1, false);
  }

  /** A tensor of its own, stored as [out, in]. */
  public static Slot of(String template) {
    return new Slot(template, false, 0, 0);
  }

  /** Rows {@code from} … {@code to − 1} of each group of rows of a tensor. */
  public static Slot grouped(String template, int groups, int from, int to) {
    return new Slot(template, false, from, to, groups, false);
  }

  /** Whether each head's row is a tensor of its own. */
  boolean perHead() {
    return template.contains("%h");
  }

  /** The tensor's name in a layer and, where that matters, for an expert. */
  public String name(int layer, int expert) {
    // Not a format: an Arabic locale would write the number in its own digits.
    return template.replace("%d", Integer.toString(layer)).replace("%e", Integer.toString(expert));
  }

  /** Whether the tensor holds other parts too. */
  public boolean fused() {
    return to > 0;
  }
}
