package dev.errata.editing.method.memit;

import java.util.Arrays;
import java.util.List;

/**
 * The values of a job: what the model's state at each subject should become.
 *
 * @param groups the groups, in order
 * @param deltas δ of each group, [d], added to h₀ of each of its facts
 * @param starts h₀ of each fact of each group: the value layer's output at subject-last of the bare
 *     prompt, [d]
 * @param losses last loss of each group
 * @param steps number of optimisation steps that each group took
 */
public record ValueSet(
    List<SubjectGroup> groups,
    List<float[]> deltas,
    List<List<float[]>> starts,
    double[] losses,
    int[] steps) {

  /** z = h₀ + δ of a fact, [d]. */
  public float[] value(int group, int fact) {
    float[] delta = deltas.get(group);
    float[] z = starts.get(group).get(fact).clone();
    for (int i = 0; i < z.length; i++) {
      z[i] += delta[i];
    }
    return z;
  }

  /** Values of consecutive shards as those of all their groups. */
  public static ValueSet joined(List<ValueSet> shards) {
    return new ValueSet(
        shards.stream().flatMap(shard -> shard.groups().stream()).toList(),
        shards.stream().flatMap(shard -> shard.deltas().stream()).toList(),
        shards.stream().flatMap(shard -> shard.starts().stream()).toList(),
        shards.stream().flatMapToDouble(shard -> Arrays.stream(shard.losses())).toArray(),
        shards.stream().flatMapToInt(shard -> Arrays.stream(shard.steps())).toArray());
  }
}
