package dev.errata.operator.decide;

import java.util.Optional;

/**
 * A child Job that lists versions.
 *
 * @param uid its own
 * @param order what it was made for
 * @param child where it is
 */
public record ListingView(String uid, ListOrder order, ChildView child) {
  private static final int KILLED = 137;

  /** Why it does not tell, in words for a person; empty when nothing is known to be wrong. */
  public Optional<String> trouble() {
    return switch (child.state()) {
      case Active -> PodTrouble.of(child.pods()).map(PodTrouble::message);
      case Failed ->
          Optional.of(child.failedPod().map(ListingView::ended).orElse("" + child.failure()));
      case Complete -> Optional.empty();
    };
  }

  private static String ended(PodView pod) {
    return pod.exitCode() == KILLED
        ? "Pod " + pod.name() + " was killed (137), most likely for memory."
        : PodTrouble.ended(pod);
  }
}
