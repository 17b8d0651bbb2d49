package dev.errata.editing.pipeline;

import dev.errata.api.InputException;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.model.Architecture;
import dev.errata.editing.model.Mixture;
import dev.errata.editing.statistics.SecondMoments;
import java.util.List;
import java.util.Locale;

/**
 * How much memory a run needs, estimated before it starts, and the batches that fit what there is.
 * Stages do not overlap: the peak is the program, the weights and the largest stage.
 *
 * @param given bytes that the run may take
 * @param weights bytes of all weights in the compute type; layers are read when a stage first needs
 *     them
 * @param statistics bytes of second moments while they are collected, with the batch that runs
 * @param values bytes of the values' activations and of kept keys and values
 * @param update bytes of second moments and their factors while a layer is solved
 * @param evaluation bytes of an evaluation's batch
 * @param batch the batches
 */
record MemoryPlan(
    long given,
    long weights,
    long statistics,
    long values,
    long update,
    long evaluation,
    Batch batch) {
  /** The JVM, its heap and libtorch, measured with models of no size to speak of. */
  private static final long PROGRAM = 500L << 20;

  private static final int LEAST_TOKENS = 64;
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
   * @param samples whether the model writes text for the statistics: Self or domain text
   * @param facts number of its facts
   */
  record Work(
      Architecture model,
      long parameters,
      int element,
      MemitSettings settings,
      boolean fixed,
      boolean samples,
      int facts) {}

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
    long moments = 0;
    long largest = 0;
    long solve = 0;
    for (int layer : work.settings().layers()) {
      long own = moments(model, layer);
      moments += own;
      largest = Math.max(largest, own);
      solve = Math.max(solve, solve(work, layer));
    }
    long text = work.samples() ? Math.min(CACHED, 64 * 16 * kept * 32) + 512 * perWord : 0;
    long above = Math.max(1, model.layers() - work.settings().valueLayer());
    long shard = Math.min(CACHED, 4L * batch.values() * kept);
    return new MemoryPlan(
        given,
        work.parameters() * work.element(),
        // Sums and means, and those of a mixture once more as they are shrunk.
        3 * moments + largest + Math.max(text, 2 * SecondMoments.BATCH_TOKENS * perToken),
        batch.values() * above * perToken + batch.values() / 4 * perWord + shard,
        moments + solve,
        batch.evaluation() * (2 * perToken + kept) + batch.evaluation() / 4 * perWord,
        batch);
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
   * Bytes of a layer's solve: two matrices a memory for its metric and two more where it keeps
   * earlier keys, the Gram matrix with its factor, the keys and what is solved for them, and the
   * updates of all memories, one of which is written at a time.
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
    return 4 * moments(model, layer) + (values + 3 * widest * model.hidden()) * DOUBLE;
  }

  /** Bytes at the fullest moment. */
  long peak() {
    long stage = Math.max(Math.max(statistics, values), Math.max(update, evaluation));
    return PROGRAM + weights + stage;
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
            part("weights", weights) + ", and at a time: " + part("statistics", statistics),
            part("values", values)
                + String.format(Locale.ROOT, " (%,d tokens a batch)", batch.values()),
            part("update", update),
            part("evaluation", evaluation)
                + String.format(Locale.ROOT, " (%,d tokens a batch)", batch.evaluation()));
    return String.join(", ", parts);
  }

  private static String part(String name, long bytes) {
    return String.format(Locale.ROOT, "%s %.2f", name, bytes / GIGA);
  }

  private String refusal(boolean fixed) {
    long stage = peak() - PROGRAM - weights;
    String mend =
        stage == statistics || stage == update
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
