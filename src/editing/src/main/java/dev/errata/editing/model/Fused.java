package dev.errata.editing.model;

import java.util.Map;

/** Slots of projections that share a tensor. */
public final class Fused {
  private Fused() {}

  /**
   * Query, key and value in one tensor, head by head: for every key head the rows of its queries,
   * then those of the key, then those of the value. Biases as the architecture has them.
   *
   * @param template the tensor's name without {@code .weight}
   */
  public static void queryKeyValue(Map<Part, Slot> slots, Architecture a, String template) {
    Architecture.Attention attention = a.attention();
    int groups = attention.keyValueHeads();
    int key = attention.heads() / groups * attention.headDim();
    int value = key + attention.headDim();
    int end = value + attention.headDim();
    String weight = template + ".weight";
    slots.put(Part.QUERY, Slot.grouped(weight, groups, 0, key));
    slots.put(Part.KEY, Slot.grouped(weight, groups, key, value));
    slots.put(Part.VALUE, Slot.grouped(weight, groups, value, end));
    if (a.biases().contains(Part.QUERY_BIAS)) {
      String bias = template + ".bias";
      slots.put(Part.QUERY_BIAS, Slot.grouped(bias, groups, 0, key));
      slots.put(Part.KEY_BIAS, Slot.grouped(bias, groups, key, value));
      slots.put(Part.VALUE_BIAS, Slot.grouped(bias, groups, value, end));
    }
  }
}
