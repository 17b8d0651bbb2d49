package dev.errata.api;

import java.util.ArrayList;
import java.util.List;

/** Collects the problems of one input, so that a person sees them all at once and not one a run. */
public final class Problems {
  /** How many problems are told in full; the rest is counted. */
  public static final int SHOWN = 20;

  private final List<String> shown = new ArrayList<>();
  private int count;

  /** Adds a problem: place, value and mend in one sentence. */
  public void add(String problem) {
    if (count++ < SHOWN) {
      shown.add(problem);
    }
  }

  /** How many problems were added, told or not. */
  public int count() {
    return count;
  }

  /** The problems told in full, and a last line that counts the others when there are any. */
  public List<String> list() {
    List<String> all = new ArrayList<>(shown);
    if (count > SHOWN) {
      int rest = count - SHOWN;
      all.add("… and " + rest + (rest == 1 ? " more problem" : " more problems"));
    }
    return all;
  }

  /**
   * Ends the reading when there was any problem.
   *
   * @throws InputException with all of {@link #list()}
   */
  public void throwIfAny() {
    if (count > 0) {
      throw new InputException(list());
    }
  }
}
