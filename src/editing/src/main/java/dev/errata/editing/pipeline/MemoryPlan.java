package dev.errata.editing.pipeline;

import dev.errata.api.InputException;
import dev.errata.api.resource.Stage;
import dev.errata.editing.method.memit.LayerUpdate;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.model.Architecture;
import dev.errata.editing.model.Mixture;
import dev.errata.editing.statistics.SecondMoments;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How much memory a run needs, estimated before it starts, and the batches that fit what there is.
 * Stages do not overlap: the peak is the program and the largest stage with its weights. Weights
 * that are converted when they are read need not all be in memory: a stage keeps as many layers as
 * there is room for and reads the others again and again.
 *
 * @param given bytes that the run may take
 * @param weights bytes of all weights in the compute type; layers are read when a stage first needs
 *     them
 * @param least bytes of weights that each stage cannot do without
 * @param statistics bytes of second moments while they are collected, with the batch that runs
 * @param values bytes of the values' activations and of kept keys and values
 * @param update bytes of second moments and their factors while a layer is solved
 * @param evaluation bytes of an evaluation's batch
 * @param batch the batches
 */
record MemoryPlan(
    long given,
    long weights,
    Map<Stage, Long> least,
    long statistics,
    long values,
    long update,
    long evaluation,
    Batch batch) {
  /** The JVM, its heap and libtorch, and what a run of 1.2 billion weights took beyond its plan. */
  private static final long PROGRAM = 550L << 20;

  private static final int LEAST_TOKENS = 64;

  /** Tokens of a prompt up to its subject, a prefix included: more than most have. */
  private static final int PROMPT_TOKENS = 24;

  private static final int DOUBLE = Double.BYTES;
  private static final double GIGA = 1e9;

  /** Keys and values that a shard of values, or a batch of sampled text, keeps at most. */
  private static final long CACHED = 1L << 30;

  /**
   * Batch sizes; a run that goes on keeps those that it began with, for they decide roundings.
   *
   * @param values tokens in one forward pass of the values
   * @param evaluation tokens in one forward pass of an evaluation
   */
  record Batch(int values, int evaluation) {
    /**
     * Half of these, where a device has less memory than was planned.
     *
     * @param fixed whether the job itself says the batch of the values
     */
    Batch halved(boolean fixed) {
      return new Batch(
          fixed ? values : Math.min(values, Math.max(LEAST_TOKENS, values / 2)),
          Math.min(evaluation, Math.max(LEAST_TOKENS, evaluation / 2)));
    }
  }

  /**
   * What a job is about to do.
   *
   * @param model what the model is made of
   * @param parameters number of its weights
   * @param element bytes of a value of the compute type
   * @param settings with the batch wanted
   * @param fixed whether the job itself says that batch
   * @param converted whether weights are stored in another type than they are computed with
   * @param samples whether the model writes text for the statistics: Self or domain text
   * @param facts number of its facts
   * @param earlier values of the keys of earlier versions that are kept, by edited layer
   */
  record Work(
      Architecture model,
      long parameters,
      int element,
      MemitSettings settings,
      boolean fixed,
      boolean converted,
      boolean samples,
      int facts,
      Map<Integer, Long> earlier) {
    public Work {
      earlier = Map.copyOf(earlier);
    }

    /** Bytes of all weights. */
    long weights() {
      return parameters * element;
    }
  }

  /**
   * Plans: the batches wanted, halved while they do not fit.
   *
   * @param wanted the largest batches of use
   * @param given bytes that the run may take
   * @throws InputException when not even the smallest batches fit
   */
  static MemoryPlan of(Work work, Batch wanted, long given) {
    Batch batch = wanted;
    MemoryPlan plan = estimate(work, batch, given);
    while (plan.peak() > given) {
      boolean values = !work.fixed() && batch.values() > LEAST_TOKENS;
      boolean evaluation = batch.evaluation() > LEAST_TOKENS;
      if (values && (plan.values() >= plan.evaluation() || !evaluation)) {
        batch = new Batch(Math.max(LEAST_TOKENS, batch.values() / 2), batch.evaluation());
      } else if (evaluation && plan.evaluation() >= plan.values()) {
        batch = new Batch(batch.values(), Math.max(LEAST_TOKENS, batch.evaluation() / 2));
      } else {
        throw new InputException(plan.refusal(work.fixed()));
      }
      plan = estimate(work, batch, given);
    }
    return plan;
  }

  private static MemoryPlan estimate(Work work, Batch batch, long given) {
    Architecture model = work.model();
    long perToken = 0;
    for (int layer = 0; layer < model.layers(); layer++) {
      perToken = Math.max(perToken, activations(model, layer) * work.element());
    }
    long perWord = 3L * model.vocabulary() * Float.BYTES;
    long head = 2L * model.attention().keyValueHeads() * model.attention().headDim();
    long kept = head * work.element() * model.layers();
    long sums = 0;
    long moments = 0;
    long solve = 0;
    long earlier = 0;
    for (int layer : work.settings().layers()) {
      sums += sums(model, layer);
      moments = Math.max(moments, moments(model, layer));
      solve = Math.max(solve, solve(work, layer));
      earlier += work.earlier().getOrDefault(layer, 0L);
    }
    long text = work.samples() ? Math.min(CACHED, 64 * 16 * kept * 32) + 512 * perWord : 0;
    long above = Math.max(1, model.layers() - work.settings().valueLayer());
    long shard = Math.min(CACHED, 8L * batch.values() * kept);
    // Without a way back several batches run together, of which two blocks are in memory.
    long passing = Math.max(above, 2 * 4);
    long pass = SecondMoments.BATCH_TOKENS * perToken;
    return new MemoryPlan(
        given,
        work.weights(),
        least(work),
        // Half of each sum; then one whole mean and what its rank takes, and in a mixture a third.
        sums + Math.max(Math.max(text, pass), 3 * moments),
        // A quarter more is what the way back and the gaps of the native heap were seen to take.
        batch.values() * passing * perToken * 5 / 4 + batch.values() / 2 * perWord + shard,
        solve + earlier * Float.BYTES,
        batch.evaluation() * (2 * perToken + kept) + batch.evaluation() / 4 * perWord,
        batch);
  }

  /** Bytes of weights without which a stage cannot go on. */
  private static Map<Stage, Long> least(Work work) {
    Architecture model = work.model();
    long table = (long) model.vocabulary() * model.hidden() * work.element();
    long tables = model.tied() ? table : 2 * table;
    long layer = Math.max(0, work.weights() - tables) / model.layers();
    // One is read while the one before it is still there.
    long passing = table + 2 * layer;
    long above = model.layers() - work.settings().valueLayer() - 1L;
    Map<Stage, Long> least = new EnumMap<>(Stage.class);
    for (Stage stage : Stage.values()) {
      long some = stage == Stage.Values ? passing + above * layer : passing;
      least.put(stage, work.converted() ? Math.min(work.weights(), some) : work.weights());
    }
    return least;
  }

  /** Values that a layer keeps of one token on the way back, outputs of its experts included. */
  private static long activations(Architecture model, int layer) {
    long d = model.hidden();
    if (!model.isMixture(layer)) {
      return 12 * d + 4L * model.feedForward().inner();
    }
    Mixture mixture = model.feedForward().mixture();
    long keys = (long) mixture.perToken() * mixture.inner() + mixture.sharedInner();
    return (12 + 3L * mixture.perToken()) * d + 4 * keys + mixture.experts();
  }

  /** Bytes of the halves that second moments of a layer are added up in. */
  private static long sums(Architecture model, int layer) {
    long bytes = 0;
    for (int memory = 0; memory < model.memories(layer); memory++) {
      bytes += SecondMoments.sumBytes(model.memoryWidth(layer, memory));
    }
    return bytes;
  }

  /** Bytes of the second moments of all memories of a layer. */
  private static long moments(Architecture model, int layer) {
    long values = 0;
    for (int memory = 0; memory < model.memories(layer); memory++) {
      long width = model.memoryWidth(layer, memory);
      values += width * width;
    }
    return values * DOUBLE;
  }

  /**
   * Bytes of a layer's solve: a moment and its factor for each memory and three more matrices where
   * it keeps earlier keys, those keys, the Gram matrix with its factor, the keys and what is solved
   * for them, the updates of all memories, one of which is written at a time, and what is kept of a
   * dense block on the way.
   */
  private static long solve(Work work, int layer) {
    Architecture model = work.model();
    boolean mixture = model.isMixture(layer);
    long contexts = mixture ? 1L + work.settings().prefixes() : 1;
    long rows = work.facts() * contexts;
    long keys = 0;
    long updates = 0;
    long widest = 0;
    for (int memory = 0; memory < model.memories(layer); memory++) {
      long width = model.memoryWidth(layer, memory);
      updates += width * model.hidden();
      widest = Math.max(widest, width);
    }
    if (mixture) {
      Mixture of = model.feedForward().mixture();
      keys = rows * ((long) of.perToken() * of.inner() + of.sharedInner());
    } else {
      keys = rows * widest;
    }
    long values = 5 * rows * rows + 4 * keys + 4 * rows * model.hidden() + updates;
    values += work.earlier().getOrDefault(layer, 0L);
    long tokens = (1L + work.settings().prefixes()) * work.facts() * PROMPT_TOKENS;
    long halfway = tokens * (model.hidden() + widest) * work.element();
    long halves = mixture ? 0 : Math.min(LayerUpdate.MOST_KEPT, halfway);
    return 5 * moments(model, layer) + (values + 3 * widest * model.hidden()) * DOUBLE + halves;
  }

  /** Bytes of a stage beside the program and the weights. */
  private long stage(Stage stage) {
    return switch (stage) {
      case Statistics -> statistics;
      case Values -> values;
      // Facts are verified as a part of it.
      case Update -> Math.max(update, evaluation);
      default -> evaluation;
    };
  }

  /** Bytes of weights that a stage may keep. */
  long weightsIn(Stage stage) {
    return Math.max(least.get(stage), given - PROGRAM - stage(stage));
  }

  /** Bytes at the fullest moment. */
  long peak() {
    long most = 0;
    for (Stage stage : Stage.values()) {
      most = Math.max(most, stage(stage) + Math.min(weights, weightsIn(stage)));
    }
    return PROGRAM + most;
  }

  /** One line for people. */
  String describe() {
    return String.format(
        Locale.ROOT,
        "memory: needs about %.1f GB of the %.1f GB given: %s",
        peak() / GIGA,
        given / GIGA,
        parts());
  }

  private String parts() {
    List<String> parts =
        List.of(
            part("program", PROGRAM),
            part("weights", weights)
                + kept()
                + ", and at a time: "
                + part("statistics", statistics),
            part("values", values)
                + String.format(Locale.ROOT, " (%,d tokens a batch)", batch.values()),
            part("update", update),
            part("evaluation", evaluation)
                + String.format(Locale.ROOT, " (%,d tokens a batch)", batch.evaluation()));
    return String.join(", ", parts);
  }

  /** How much of the weights is in memory where that is not all. */
  private String kept() {
    long some = weights;
    for (Stage stage : Stage.values()) {
      some = Math.min(some, weightsIn(stage));
    }
    return some == weights
        ? ""
        : String.format(Locale.ROOT, " (%.2f of them at least at a time)", some / GIGA);
  }

  private static String part(String name, long bytes) {
    return String.format(Locale.ROOT, "%s %.2f", name, bytes / GIGA);
  }

  private String refusal(boolean fixed) {
    boolean wide = Math.max(statistics, update) > Math.max(values, evaluation);
    String mend =
        wide
            ? "edit fewer layers (spec.method.memit.layers)"
            : fixed ? "lower spec.method.memit.batchTokens" : "take a smaller model";
    return String.format(
        Locale.ROOT,
        "the job does not fit the memory: about %.1f GB are needed even with the smallest batches,"
            + " %.1f GB are given: %s; give more (--memory, the container's limit), use a smaller"
            + " --dtype or %s",
        peak() / GIGA,
        given / GIGA,
        parts(),
        mend);
  }
}
