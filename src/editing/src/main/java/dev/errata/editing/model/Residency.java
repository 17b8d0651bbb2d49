package dev.errata.editing.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides which layers' weights stay in memory. Passes go through all layers in order, again and
 * again: of a circle that does not fit, most stays where the layer used last goes first.
 */
final class Residency {
  /** Stands for weights that belong to no layer. */
  static final int NO_LAYER = -1;

  private final Map<Integer, Long> bytes = new HashMap<>();
  private final Set<Integer> order = new LinkedHashSet<>(); // last used last
  private long limit = Long.MAX_VALUE;
  private long total;

  /** Sets how many bytes may stay; gives the layers that have to go. */
  List<Integer> limit(long most) {
    limit = most;
    return surplus(null, 0);
  }

  /** Notes a weight that has come into memory. */
  void added(int layer, long size) {
    bytes.merge(layer, size, Long::sum);
    total += size;
  }

  /** Notes a weight that has gone. */
  void removed(int layer, long size) {
    bytes.merge(layer, -size, Long::sum);
    total -= size;
  }

  /** Notes that a layer is in use. */
  void used(int layer) {
    order.remove(layer);
    order.add(layer);
  }

  /** Gives the layers that have to go, but for one, before so many bytes come. */
  List<Integer> roomFor(int layer, long coming) {
    return surplus(layer, coming);
  }

  private List<Integer> surplus(Integer used, long coming) {
    long over = total - (limit - coming);
    if (over <= 0) {
      return List.of();
    }
    List<Integer> latestFirst = new ArrayList<>(order);
    Collections.reverse(latestFirst);
    List<Integer> going = new ArrayList<>();
    long left = over;
    for (int layer : latestFirst) {
      long size = bytes.getOrDefault(layer, 0L);
      if (left > 0 && size > 0 && (used == null || layer != used)) {
        going.add(layer);
        left -= size;
      }
    }
    return going;
  }
}
