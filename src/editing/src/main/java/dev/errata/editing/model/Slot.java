package dev.errata.editing.model;

/**
 * Where a {@link Part} lies in a checkpoint.
 *
 * @param template the tensor's name, with {@code %d} for the layer
 * @param transposed stored as [in, out] (GPT-2's Conv1D) instead of [out, in]
 * @param from first output row of the part inside a fused tensor
 * @param to row behind the last one, or 0 when the tensor holds this part alone
 */
public record Slot(String template, boolean transposed, int from, int to) {
  /** A tensor of its own, stored as [out, in]. */
  public static Slot of(String template) {
    return new Slot(template, false, 0, 0);
  }

  /** The tensor's name in a layer. */
  public String name(int layer) {
    // Not a format: an Arabic locale would write the number in its own digits.
    return template.replace("%d", Integer.toString(layer));
  }

  /** Whether the tensor holds other parts too. */
  public boolean fused() {
    return to > 0;
  }
}
