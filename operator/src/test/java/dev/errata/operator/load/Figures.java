package dev.errata.operator.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The checker: what was measured, against what may be. */
final class Figures {
  private final List<String> missed = new ArrayList<>();
  private final double margin;

  /**
   * A checker.
   *
   * @param margin by which times may exceed their thresholds, where others use the machine too
   */
  Figures(double margin) {
    this.margin = margin;
  }

  /**
   * Tells a figure.
   *
   * @param threshold for a machine of its own
   */
  void tell(String what, double measured, double threshold, String unit) {
    double most = unit.equals("s") ? threshold * margin : threshold;
    boolean kept = measured <= most;
    System.out.printf(
        Locale.ROOT,
        "%-58s %10.2f %-7s at most %7.0f  %s%n",
        what,
        measured,
        unit,
        most,
        kept ? "kept" : "MISSED");
    if (!kept) {
      missed.add(what);
    }
  }

  /** What missed its threshold. */
  List<String> missed() {
    return List.copyOf(missed);
  }

  /** The value that a share of some values does not exceed. */
  static double percentile(List<Double> values, double share) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get((int) Math.ceil(share * sorted.size()) - 1);
  }
}
