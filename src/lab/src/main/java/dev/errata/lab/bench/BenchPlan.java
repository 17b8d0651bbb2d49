package dev.errata.lab.bench;

import ai.djl.ndarray.types.DataType;
import dev.errata.api.Fact;
import dev.errata.editing.torch.Compute;
import java.util.List;

/**
 * What a bench against the textbook does.
 *
 * @param input what is edited; the library's values are timed on all of its facts
 * @param plainCount how many of them the textbook edits; both are judged by these
 * @param repeats how often the library does each stage; the median counts
 * @param plainRepeats how often the textbook does
 * @param plainTokens how many tokens the textbook's statistics are timed on
 * @param plainType floating type of the textbook's model, which is on the library's device
 */
record BenchPlan(
    EditInput input,
    int plainCount,
    int repeats,
    int plainRepeats,
    long plainTokens,
    DataType plainType) {

  /** The facts that both forms edit. */
  List<Fact> shared() {
    return input.facts().subList(0, Math.min(plainCount, input.facts().size()));
  }

  Compute plainCompute() {
    return new Compute(input.compute().device(), plainType);
  }
}
