package dev.errata.lab.bench;

import ai.djl.ndarray.types.DataType;
import dev.errata.api.Fact;
import dev.errata.editing.torch.Compute;
import java.nio.file.Path;
import java.util.List;

/**
 * What a bench does.
 *
 * @param model directory of the checkpoint
 * @param facts the facts whose values the library is timed on
 * @param plainCount how many of them the textbook edits; both are judged by these
 * @param repeats how often the library does each stage; the median counts
 * @param plainRepeats how often the textbook does
 * @param layers the edited layers, or null for the preset's
 * @param prefixes number of prefixes, or null for the preset's
 * @param corpus what the statistics are of, as in a job
 * @param tokens tokens of the statistics
 * @param plainTokens how many of them the textbook's statistics are timed on
 * @param compute device and type of the library's model; its device is the textbook's too
 * @param plainType floating type of the textbook's model
 * @param seed of all that is drawn
 */
record BenchPlan(
    Path model,
    List<Fact> facts,
    int plainCount,
    int repeats,
    int plainRepeats,
    List<Integer> layers,
    Integer prefixes,
    String corpus,
    long tokens,
    long plainTokens,
    Compute compute,
    DataType plainType,
    long seed) {

  /** The facts that both forms edit. */
  List<Fact> shared() {
    return facts.subList(0, Math.min(plainCount, facts.size()));
  }

  Compute plainCompute() {
    return new Compute(compute.device(), plainType);
  }
}
