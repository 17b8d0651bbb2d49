package dev.errata.lab.textbook;

import dev.errata.editing.method.memit.SubjectGroup;
import java.util.List;

/**
 * What was found for the facts of one subject.
 *
 * @param group the facts
 * @param delta δ, [d]
 * @param starts h₀ of each fact, [d]
 * @param loss the last loss
 * @param steps how often the loss was evaluated
 */
public record TextbookValue(
    SubjectGroup group, double[] delta, List<double[]> starts, double loss, int steps) {

  /** z = h₀ + δ of a fact, [d]. */
  public double[] target(int fact) {
    double[] z = starts.get(fact).clone();
    for (int i = 0; i < z.length; i++) {
      z[i] += delta[i];
    }
    return z;
  }
}
