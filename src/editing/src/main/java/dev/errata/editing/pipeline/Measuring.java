package dev.errata.editing.pipeline;

import dev.errata.api.Fact;
import dev.errata.api.Progress;
import dev.errata.api.resource.Stage;
import dev.errata.editing.evaluate.Evaluation;
import dev.errata.editing.evaluate.EvaluationSettings;
import dev.errata.editing.evaluate.Evaluator;
import dev.errata.editing.evaluate.Pieces;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/**
 * Evaluates the model of a job before and after its edit and keeps the results in the workspace.
 * Pieces that other processes have left there are taken over.
 */
final class Measuring {
  private final JobBase base;
  private final List<Fact> facts;
  private final EvaluationSettings settings;
  private final List<Samples.Question> questions;
  private final Workspace workspace;
  private final StageClock clock;

  /** Prepares. */
  Measuring(
      JobBase base,
      List<Fact> facts,
      EvaluationSettings settings,
      List<Samples.Question> questions,
      Workspace workspace,
      StageClock clock) {
    this.base = base;
    this.facts = facts;
    this.settings = settings;
    this.questions = questions;
    this.workspace = workspace;
    this.clock = clock;
  }

  /** What the workspace keeps of an evaluation. */
  record Measured(Evaluation evaluation, List<String> answers) {}

  /** The evaluation of the unedited model. */
  Measured before() {
    return measure("before", "evaluate before", null);
  }

  /** The evaluation of the edited model. */
  Measured after(Measured before) {
    return measure("after", "evaluate after", before);
  }

  /**
   * Evaluates pieces of the edited model, for {@link #after} to take over.
   *
   * @param mine which pieces
   */
  void share(Measured before, IntPredicate mine) {
    clock.time(
        Stage.Evaluate,
        "evaluate after",
        "prompts",
        heard -> Optional.ofNullable(evaluate(before, new Kept("after", mine), heard)));
  }

  private Measured measure(String entry, String title, Measured unedited) {
    Measured done = workspace.read(entry, Measured.class).orElse(null);
    if (done != null) {
      clock.skipped(Stage.Evaluate, "prompts", title + ": done by an earlier run");
      return done;
    }
    Measured measured =
        clock.time(
            Stage.Evaluate,
            title,
            "prompts",
            heard ->
                new Measured(
                    evaluate(unedited, new Kept(entry, null), heard),
                    Samples.ask(base.decoder(), base.tokenizer(), questions)));
    workspace.write(entry, measured);
    return measured;
  }

  private Evaluation evaluate(Measured unedited, Pieces pieces, Progress progress) {
    return Evaluator.evaluate(
        base.decoder(),
        base.tokenizer(),
        facts,
        settings,
        unedited == null ? null : unedited.evaluation().reference(),
        pieces,
        progress);
  }

  /** Pieces as shards of the entry that they are evaluated for. */
  private final class Kept implements Pieces {
    private final String entry;
    private final IntPredicate mine;
    private int next;

    /**
     * Finds them.
     *
     * @param mine which of them are computed and kept here; null to compute all that are missing,
     *     whose sum is kept at once
     */
    Kept(String entry, IntPredicate mine) {
      this.entry = entry;
      this.mine = mine;
    }

    @Override
    public <T> T piece(String kind, int number, Class<T> type, Supplier<T> computed) {
      boolean own = mine == null || mine.test(next++);
      String name = entry + "-" + kind;
      Optional<T> kept = workspace.readShard(name, number, type);
      if (kept.isPresent() || !own) {
        return kept.orElse(null);
      }
      T result = computed.get();
      if (mine != null) {
        workspace.writeShard(name, number, result, Map.of());
      }
      return result;
    }
  }
}
