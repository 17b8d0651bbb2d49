package dev.errata.editing.pipeline;

import dev.errata.api.Progress;
import dev.errata.api.resource.Stage;
import dev.errata.editing.evaluate.FactScore;
import dev.errata.editing.statistics.DomainText;
import dev.errata.editing.statistics.Moment;
import dev.errata.editing.statistics.MomentCache;
import dev.errata.editing.statistics.SecondMoments;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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

  /** The moments of the job's corpus, by layer, of the open scope. */
  Map<Integer, Moment> ofCorpus() {
    Map<Integer, Moment> moments =
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
    moments.forEach(this::noteUnreached);
    return moments;
  }

  private void noteUnreached(int layer, Moment moment) {
    List<Integer> unreached =
        IntStream.range(0, moment.memories().size())
            .filter(memory -> moment.routed().get(memory) == 0)
            .boxed()
            .toList();
    if (!unreached.isEmpty()) {
      progress.note(
          "statistics: no token reached the experts "
              + unreached
              + " of layer "
              + layer
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

  /** Moments of a corpus, averaged with those of text of the job's kind where there is any. */
  Map<Integer, Moment> with(Map<Integer, Moment> moments, List<int[]> rows) {
    if (rows.isEmpty()) {
      return moments;
    }
    Map<Integer, Moment> domain =
        clock.time(
            Stage.Statistics,
            "domain statistics",
            "tokens",
            heard ->
                SecondMoments.collect(
                    base.decoder(),
                    rows.iterator(),
                    plan.settings().layers(),
                    plan.domainTokens(),
                    heard));
    Map<Integer, Moment> both = new TreeMap<>();
    moments.forEach((layer, moment) -> both.put(layer, moment.meanWith(domain.get(layer))));
    return both;
  }
}
