package dev.errata.operator.decide;

import java.util.List;

/**
 * What is to be done to know what the files of versions say.
 *
 * @param read child Jobs whose pods have told
 * @param failed child Jobs that have failed and were not known to
 * @param start child Jobs to be made
 * @param soon whether child Jobs compute, so that it pays to look again before long
 */
public record ListingDecision(
    List<ListingView> read, List<ListingView> failed, List<ListOrder> start, boolean soon) {
  public ListingDecision {
    read = List.copyOf(read);
    failed = List.copyOf(failed);
    start = List.copyOf(start);
  }
}
