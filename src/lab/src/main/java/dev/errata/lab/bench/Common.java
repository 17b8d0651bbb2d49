package dev.errata.lab.bench;

import dev.errata.api.Fact;
import dev.errata.api.Progress;
import dev.errata.api.resource.Memit;
import dev.errata.api.resource.Suite;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.evaluate.Evaluation;
import dev.errata.editing.evaluate.EvaluationSettings;
import dev.errata.editing.evaluate.Evaluator;
import dev.errata.editing.evaluate.Metrics;
import dev.errata.editing.method.memit.MemitPresets;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.method.memit.Prefixes;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.statistics.Corpus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What both forms are given.
 *
 * @param settings the preset of the model
 * @param prefixes texts before prompts
 * @param rows token rows of the statistics
 * @param facts the facts that both edit
 * @param unedited how the unedited model does on them
 */
record Common(
    MemitSettings settings,
    List<String> prefixes,
    List<int[]> rows,
    List<Fact> facts,
    Evaluation unedited) {
  private static final EvaluationSettings EVALUATION =
      EvaluationSettings.DEFAULT.withSuites(Set.of(Suite.Probability, Suite.Generation));

  /**
   * Draws prefixes and text from the unedited model and measures it.
   *
   * @param facts those of the input that both forms edit
   */
  static Common of(EditInput input, List<Fact> facts, Decoder decoder, Tokenizer tokenizer) {
    Memit job =
        new Memit(
            input.layers(),
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            input.prefixes(),
            null,
            null,
            null,
            null);
    MemitSettings settings = MemitPresets.resolve(job, decoder.architecture(), input.seed());
    List<String> prefixes =
        Prefixes.sample(
            decoder, tokenizer, settings.prefixes(), settings.prefixTokens(), input.seed());
    List<int[]> rows = new ArrayList<>();
    Corpus.open(input.corpus(), Path.of(""), decoder, tokenizer, input.seed())
        .rows(input.tokens())
        .forEachRemaining(rows::add);
    Evaluation unedited =
        Evaluator.evaluate(decoder, tokenizer, facts, EVALUATION, null, Progress.NONE);
    return new Common(settings, prefixes, rows, facts, unedited);
  }

  /** How an edited model does. */
  BenchReport.Figures figures(Decoder decoder, Tokenizer tokenizer) {
    Metrics metrics =
        Evaluator.evaluate(
                decoder, tokenizer, facts, EVALUATION, unedited.reference(), Progress.NONE)
            .metrics();
    return BenchReport.Figures.of(metrics);
  }

  /** The settings of a warm-up: two steps. */
  MemitSettings warmUp() {
    return new MemitSettings(
        settings.layers(),
        settings.valueLayer(),
        2,
        settings.learningRate(),
        settings.clamp(),
        settings.weightDecay(),
        settings.klFactor(),
        settings.stopLoss(),
        settings.lambda(),
        settings.residualShare(),
        settings.prefixes(),
        settings.prefixTokens(),
        settings.preserve(),
        settings.preserveFactor(),
        settings.refinements(),
        settings.batchTokens(),
        settings.seed());
  }

  /** The first rows that hold at least so many tokens. */
  List<int[]> rows(long tokens) {
    List<int[]> first = new ArrayList<>();
    long taken = 0;
    for (int[] row : rows) {
      if (taken >= tokens) {
        break;
      }
      first.add(row);
      taken += row.length;
    }
    return first;
  }

  static long tokens(List<int[]> rows) {
    return rows.stream().mapToLong(row -> row.length).sum();
  }
}
