package dev.errata.editing.statistics;

import java.util.List;

/**
 * What there is to know of a layer's second moments beside their values.
 *
 * @param index the layer, from 0
 * @param tokens how many tokens of the corpus were read
 * @param routed how many of them reached each memory
 * @param ranks numerical rank of each memory's moment, see {@link Moment.OfMemory}
 */
public record Layer(int index, long tokens, List<Long> routed, List<Integer> ranks) {
  public Layer {
    routed = List.copyOf(routed);
    ranks = List.copyOf(ranks);
  }

  static Layer of(Moment moment) {
    return new Layer(
        moment.layer(),
        moment.tokens(),
        moment.routed(),
        moment.memories().stream().map(Moment.OfMemory::rank).toList());
  }
}
