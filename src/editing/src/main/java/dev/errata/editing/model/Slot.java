package dev.errata.editing.model;

/**
 * Where a {@link Part} lies in a checkpoint.
 *
 * @param template the tensor's name, with {@code %d} for the layer and {@code %e} for the expert
 * @param transposed stored as [in, out] (GPT-2's Conv1D) instead of [out, in]
 * @param from first output row of the part inside a fused tensor
 * @param to row behind the last one, or 0 when the tensor holds this part alone
 * @param step distance of its rows: 1, or 2 where two parts take turns (GPT-OSS)
 * @param packed whether one tensor holds all experts of a layer, the expert being its first axis
 */
public record Slot(
    String template, boolean transposed, int from, int to, int step, boolean packed) {
  /** Rows {@code from} … {@code to − 1} of a tensor. */
  public Slot(String template, boolean transposed, int from, int to) {
    this(template, transposed, from, to, 1, false);
  }

  /** A tensor of its own, stored as [out, in]. */
  public static Slot of(String template) {
    return new Slot(template, false, 0, 0);
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
