package dev.errata.lab.sequential;

import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.editing.torch.Compute;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Jobs to run one after another.
 *
 * @param model folder of the checkpoint
 * @param facts all facts, job after job
 * @param jobs number of jobs
 * @param corpus text of the second moments: {@code Self} or a path
 * @param tokens of it; null for the preset's
 * @param variants what is compared
 * @param compute where and in what type
 * @param seed of all that is drawn
 * @param memory bytes that a job may take
 */
record SequentialPlan(
    Path model,
    List<Fact> facts,
    int jobs,
    String corpus,
    Long tokens,
    List<Variant> variants,
    Compute compute,
    long seed,
    long memory) {
  SequentialPlan {
    facts = List.copyOf(facts);
    variants = List.copyOf(variants);
    if (jobs < 1 || facts.size() % jobs != 0) {
      throw new InputException(
          "%d facts do not make --jobs %d of one size".formatted(facts.size(), jobs));
    }
  }

  /** The facts of each job. */
  List<List<Fact>> batches() {
    int size = facts.size() / jobs;
    List<List<Fact>> batches = new ArrayList<>();
    for (int from = 0; from < facts.size(); from += size) {
      batches.add(facts.subList(from, from + size));
    }
    return batches;
  }
}
