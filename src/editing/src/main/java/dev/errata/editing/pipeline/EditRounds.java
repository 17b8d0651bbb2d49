package dev.errata.editing.pipeline;

import dev.errata.api.Fact;
import dev.errata.api.Progress;
import dev.errata.api.resource.Stage;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.evaluate.Verifier;
import dev.errata.editing.method.memit.EarlierKeys;
import dev.errata.editing.method.memit.EditMetric;
import dev.errata.editing.method.memit.LayerReport;
import dev.errata.editing.method.memit.LayerUpdate;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.method.memit.SubjectGroup;
import dev.errata.editing.method.memit.ValueOptimizer;
import dev.errata.editing.method.memit.ValueSet;
import dev.errata.editing.model.Decoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/**
 * Writes facts into a decoder and, while some of them do not hold, writes those again on the edited
 * model. Every round's values and weights are kept in the workspace.
 */
final class EditRounds {
  /** What a round's weights are called in the workspace, before the number of the round. */
  static final String UPDATE = "update-";

  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final MemitSettings settings;
  private final Workspace workspace;
  private final StageClock clock;
  private final List<String> prefixes;
  private final EditMetric metric;
  private final EarlierKeys earlier;

  /**
   * Prepares.
   *
   * @param metric what a change costs
   * @param earlier keys of earlier versions
   */
  EditRounds(
      Decoder decoder,
      Tokenizer tokenizer,
      MemitSettings settings,
      Workspace workspace,
      StageClock clock,
      List<String> prefixes,
      EditMetric metric,
      EarlierKeys earlier) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.settings = settings;
    this.workspace = workspace;
    this.clock = clock;
    this.prefixes = prefixes;
    this.metric = metric;
    this.earlier = earlier;
  }

  /** What the workspace keeps of a shard of a round's values beside the tensors. */
  record ValuesEntry(double[] losses, int[] steps) {}

  /**
   * A round.
   *
   * @param facts how many facts were written in it
   * @param verified for every fact of the job whether it holds behind the round
   * @param layers what was done to the layers
   * @param kept whether the round's weights were kept; a round that helps no fact is undone
   */
  record Round(int facts, boolean[] verified, List<LayerReport> layers, boolean kept) {
    int holding() {
      int count = 0;
      for (boolean holds : verified) {
        count += holds ? 1 : 0;
      }
      return count;
    }
  }

  /**
   * Edits the decoder.
   *
   * @param facts all facts of the job
   * @param held which of them the unedited model holds; those whose subject needs no edit are
   *     protected, the others written together with their subject's
   */
  List<Round> run(List<Fact> facts, boolean[] held) {
    List<Round> rounds = new ArrayList<>();
    boolean[] holds = held;
    Double lambda = settings.lambda();
    for (int number = 1; number <= settings.refinements() + 1; number++) {
      Set<String> subjects = failing(facts, holds);
      if (subjects.isEmpty()) {
        break;
      }
      Round round = round(number, facts, subjects, lambda, rounds);
      lambda = round.layers().get(0).lambda();
      rounds.add(round);
      if (!round.kept()) {
        break;
      }
      holds = round.verified();
    }
    return rounds;
  }

  private static Set<String> failing(List<Fact> facts, boolean[] holds) {
    Set<String> subjects = new HashSet<>();
    for (int i = 0; i < holds.length; i++) {
      if (!holds[i]) {
        subjects.add(facts.get(i).subject());
      }
    }
    return subjects;
  }

  /**
   * Computes some of the values of the first round, for others to go on with.
   *
   * @param held as for {@link #run}
   * @param mine which shards of the values to compute
   */
  void values(List<Fact> facts, boolean[] held, IntPredicate mine) {
    List<SubjectGroup> edited = split(facts, failing(facts, held)).get(true);
    ValueOptimizer optimizer = new ValueOptimizer(decoder, tokenizer, settings, prefixes);
    List<ValueOptimizer.Shard> shards = optimizer.shards(edited);
    Map<Integer, ValueOptimizer.Shard> wanted = new TreeMap<>();
    for (int i = 0; i < shards.size(); i++) {
      if (mine.test(i)) {
        wanted.put(i, shards.get(i));
      }
    }
    String entry = entry(1);
    Map<Integer, ValueSet> parts = new TreeMap<>();
    wanted.forEach(
        (i, shard) -> shard(entry, i, shard, edited).ifPresent(kept -> parts.put(i, kept)));
    if (parts.size() < wanted.size()) {
      clock.time(
          Stage.Values,
          "values",
          "facts",
          progress -> {
            compute(entry, optimizer, wanted, edited, parts, progress);
            return parts;
          });
    }
  }

  private static String entry(int round) {
    return "values-" + round;
  }

  /** The facts by subject: those to be written, and those to be protected. */
  private static Map<Boolean, List<SubjectGroup>> split(List<Fact> facts, Set<String> subjects) {
    Map<Boolean, List<SubjectGroup>> split = new LinkedHashMap<>();
    split.put(true, new ArrayList<>());
    split.put(false, new ArrayList<>());
    for (SubjectGroup group : SubjectGroup.of(facts)) {
      split.get(subjects.contains(group.subject())).add(group);
    }
    return split;
  }

  private Round round(
      int number, List<Fact> facts, Set<String> subjects, Double lambda, List<Round> before) {
    Map<Boolean, List<SubjectGroup>> split = split(facts, subjects);
    List<SubjectGroup> edited = split.get(true);
    String suffix = number == 1 ? "" : ", round " + number;
    ValueSet values = values(number, suffix, edited);
    int count = SubjectGroup.facts(edited);
    String entry = UPDATE + number;
    Optional<Round> done = workspace.read(entry, Round.class);
    if (done.isPresent()) {
      clock.skipped(Stage.Update, "layers", "update" + suffix + ": done by an earlier run");
      putWeights(entry);
      return done.get();
    }
    List<LayerReport> layers =
        clock.time(
            Stage.Update,
            "update" + suffix,
            "layers",
            progress -> update(values, split.get(false), lambda, progress));
    boolean[] verified =
        clock.time(Stage.Update, "verify" + suffix, "facts", progress -> verify(facts, progress));
    Round round = new Round(count, verified, layers, true);
    if (!before.isEmpty() && round.holding() < before.get(before.size() - 1).holding()) {
      round = new Round(count, verified, layers, false);
      putWeights(UPDATE + (number - 1));
    }
    workspace.write(entry, round, StoredTensors.ofWeights(decoder));
    return round;
  }

  private ValueSet values(int number, String suffix, List<SubjectGroup> edited) {
    String entry = entry(number);
    ValueOptimizer optimizer = new ValueOptimizer(decoder, tokenizer, settings, prefixes);
    List<ValueOptimizer.Shard> shards = optimizer.shards(edited);
    Map<Integer, ValueSet> parts = new TreeMap<>();
    for (int i = 0; i < shards.size(); i++) {
      Optional<ValueSet> kept = shard(entry, i, shards.get(i), edited);
      if (kept.isPresent()) {
        parts.put(i, kept.get());
      }
    }
    if (parts.size() == shards.size()) {
      clock.skipped(Stage.Values, "facts", "values" + suffix + ": done by an earlier run");
    } else {
      clock.time(
          Stage.Values,
          "values" + suffix,
          "facts",
          progress -> {
            Map<Integer, ValueOptimizer.Shard> all = new TreeMap<>();
            shards.forEach(shard -> all.put(all.size(), shard));
            compute(entry, optimizer, all, edited, parts, progress);
            return parts;
          });
    }
    workspace.join(entry, shards.size());
    return ValueSet.joined(List.copyOf(parts.values()));
  }

  private Optional<ValueSet> shard(
      String entry, int number, ValueOptimizer.Shard shard, List<SubjectGroup> edited) {
    return workspace
        .readShard(entry, number, ValuesEntry.class)
        .map(
            kept -> {
              try (Checkpoint stored = workspace.shardTensors(entry, number)) {
                List<SubjectGroup> groups = edited.subList(shard.from(), shard.to());
                return StoredTensors.values(stored, groups, kept.losses(), kept.steps());
              }
            });
  }

  private void compute(
      String entry,
      ValueOptimizer optimizer,
      Map<Integer, ValueOptimizer.Shard> shards,
      List<SubjectGroup> edited,
      Map<Integer, ValueSet> parts,
      Progress progress) {
    int total =
        shards.values().stream()
            .mapToInt(shard -> SubjectGroup.facts(edited.subList(shard.from(), shard.to())))
            .sum();
    int done = parts.values().stream().mapToInt(p -> SubjectGroup.facts(p.groups())).sum();
    progress.advance(done, total);
    for (int i : shards.keySet()) {
      if (!parts.containsKey(i)) {
        ValueSet values = optimizer.optimize(edited, shards.get(i), progress.piece(done, total));
        workspace.writeShard(
            entry,
            i,
            new ValuesEntry(values.losses(), values.steps()),
            StoredTensors.ofValues(values));
        parts.put(i, values);
        done += SubjectGroup.facts(values.groups());
      }
    }
  }

  private List<LayerReport> update(
      ValueSet values, List<SubjectGroup> kept, Double lambda, Progress progress) {
    return new LayerUpdate(decoder, tokenizer, settings, prefixes, metric, earlier)
        .apply(values, kept, lambda, progress);
  }

  private boolean[] verify(List<Fact> facts, Progress progress) {
    boolean[] holds = Verifier.verify(decoder, tokenizer, facts);
    progress.advance(facts.size(), facts.size());
    return Arrays.copyOf(holds, holds.length);
  }

  private void putWeights(String entry) {
    try (Checkpoint stored = workspace.tensors(entry)) {
      StoredTensors.putWeights(stored, decoder);
    }
  }
}
