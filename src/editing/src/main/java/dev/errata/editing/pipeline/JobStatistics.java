package dev.errata.editing.pipeline;

import dev.errata.api.Progress;
import dev.errata.api.resource.Stage;
import dev.errata.editing.evaluate.FactScore;
import dev.errata.editing.statistics.DomainText;
import dev.errata.editing.statistics.Layer;
import dev.errata.editing.statistics.MomentCache;
import dev.errata.editing.statistics.Moments;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The second moments that a job weighs its changes with: those of its corpus, which the store keeps
 * for all jobs, and those of text of the job's own kind, which its workspace keeps.
 *
 * @param cache where moments of corpora are kept
 * @param progress hears of notes
 */
record JobStatistics(
    JobBase base,
    JobPlan plan,
    Path cache,
    Workspace workspace,
    StageClock clock,
    Progress progress) {

  /** The moments of the job's corpus; the caller closes them. */
  Moments ofCorpus() {
    Moments moments =
        clock.time(
            Stage.Statistics,
            "statistics",
            "tokens",
            heard ->
                new MomentCache(cache)
                    .get(
                        base.checkpoint(),
                        base.decoder(),
                        base.corpus(),
                        plan.settings().layers(),
                        plan.tokens(),
                        heard));
    if (clock.wasCached(Stage.Statistics)) {
      progress.note("statistics: taken from the cache (same model, layers, corpus and tokens)");
    }
    moments.layers().forEach(this::noteUnreached);
    return moments;
  }

  private void noteUnreached(Layer layer) {
    List<Integer> unreached =
        IntStream.range(0, layer.routed().size())
            .filter(memory -> layer.routed().get(memory) == 0)
            .boxed()
            .toList();
    if (!unreached.isEmpty()) {
      progress.note(
          "statistics: no token reached the experts "
              + unreached
              + " of layer "
              + layer.index()
              + "; they are edited with the mean second moment of the others");
    }
  }

  /**
   * Text of the job's kind, drawn once.
   *
   * @param facts the job's, as the unedited model has them
   * @return token rows; empty when none is wanted
   */
  List<int[]> domain(List<FactScore> facts) {
    if (plan.domainTokens() == 0) {
      return List.of();
    }
    int[][] kept = workspace.read("domain", int[][].class).orElse(null);
    if (kept != null) {
      return List.of(kept);
    }
    List<int[]> rows =
        clock.time(
            Stage.Statistics,
            "domain text",
            "tokens",
            heard ->
                DomainText.sample(
                    base.decoder(),
                    base.tokenizer(),
                    facts.stream().map(JobStatistics::sentence).toList(),
                    plan.domainTokens(),
                    plan.settings().seed(),
                    heard));
    workspace.write("domain", rows);
    return rows;
  }

  private static String sentence(FactScore fact) {
    String answer = fact.oldTarget() != null ? fact.oldTarget() : fact.generated();
    return (fact.prompt() + " " + answer.strip() + ".").replaceAll("\\s+", " ");
  }

  /**
   * Moments of a corpus, averaged with those of text of the job's kind where there is any. The
   * caller closes both.
   */
  Moments with(Moments moments, List<int[]> rows) {
    if (rows.isEmpty()) {
      return moments;
    }
    return clock.time(
        Stage.Statistics,
        "domain statistics",
        "tokens",
        heard ->
            new MomentCache(workspace.folder("moments"))
                .meansWith(
                    moments,
                    "domain text " + workspace.basis(),
                    base.decoder(),
                    rows,
                    plan.domainTokens(),
                    heard));
  }
}
