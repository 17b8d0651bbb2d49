package dev.errata.editing.pipeline;

import dev.errata.api.InputException;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.model.Architecture;
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

  /** Keys and values that a shard of values, or a batch of Self text, keeps at most. */
  private static final long CACHED = 1L << 30;

  /**
   * Batch sizes; a run that goes on keeps those that it began with, for they decide roundings.
   *
   * @param values tokens in one forward pass of the values
   * @param evaluation tokens in one forward pass of an evaluation
   */
  record Batch(int values, int evaluation) {}

  /**
   * What a job is about to do.
   *
   * @param model what the model is made of
   * @param parameters number of its weights
   * @param element bytes of a value of the compute type
   * @param settings with the batch wanted
   * @param fixed whether the job itself says that batch
   * @param self whether statistics are of Self text
   */
  record Work(
      Architecture model,
      long parameters,
      int element,
      MemitSettings settings,
      boolean fixed,
      boolean self) {}

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
    long d = model.hidden();
    long f = model.feedForward().inner();
    long perToken = (12 * d + 4 * f) * work.element();
    long perWord = 3L * model.vocabulary() * Float.BYTES;
    long head = 2L * model.attention().keyValueHeads() * model.attention().headDim();
    long kept = head * work.element() * model.layers();
    long moments = 0;
    long largest = 0;
    for (int layer : work.settings().layers()) {
      for (int memory = 0; memory < model.memories(layer); memory++) {
        long width = model.memoryWidth(layer, memory);
        moments += width * width * DOUBLE;
        largest = Math.max(largest, width * width * DOUBLE);
      }
    }
    long text = work.self() ? Math.min(CACHED, 64 * 16 * kept * 32) + 512 * perWord : 0;
    long above = Math.max(1, model.layers() - work.settings().valueLayer());
    long shard = Math.min(CACHED, 4L * batch.values() * kept);
    return new MemoryPlan(
        given,
        work.parameters() * work.element(),
        2 * moments + 2 * largest + Math.max(text, 2 * SecondMoments.BATCH_TOKENS * perToken),
        batch.values() * above * perToken + batch.values() / 4 * perWord + shard,
        moments + 4 * largest + 4 * d * f * DOUBLE,
        batch.evaluation() * (2 * perToken + kept) + batch.evaluation() / 4 * perWord,
        batch);
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
