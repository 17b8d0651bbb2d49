package dev.errata.editing.pipeline;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.errata.editing.checkpoint.store.TensorChange;
import dev.errata.editing.evaluate.Metrics;
import dev.errata.editing.evaluate.Routes;
import dev.errata.editing.method.memit.LayerReport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The result of a job.
 *
 * @param job name of the job
 * @param model name of the model
 * @param parent the version that it started from, such as {@code v0}
 * @param version the version that it made, or found made; the parent when nothing was to be done
 * @param state {@code Published}, {@code Rejected}, or {@code Unchanged} when the parent holds all
 *     facts already
 * @param reason why it was rejected, found, or not made; null otherwise
 * @param reused whether the version was there before
 * @param current whether serving reads it
 * @param directory where it lies
 * @param metrics figures before and after
 * @param facts what became of the facts
 * @param samples some facts asked of both versions
 * @param changes what was done to the weights
 * @param statistics what stands behind the second moments; null when none were needed
 * @param routing how far layers above the edit pick the experts that they picked before; null for a
 *     dense model
 * @param stages how long it took
 * @param workers the last values of what each worker measured of itself; null when nothing was made
 * @param peakRssBytes most memory that the process held, or null where that is unknown
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record JobReport(
    String job,
    String model,
    String parent,
    String version,
    String state,
    String reason,
    boolean reused,
    boolean current,
    String directory,
    BeforeAfter metrics,
    FactsReport facts,
    List<Sample> samples,
    Changes changes,
    List<LayerStatistics> statistics,
    List<Routes.Overlap> routing,
    List<StageReport> stages,
    List<WorkerFigures> workers,
    Long peakRssBytes) {

  /**
   * Figures.
   *
   * @param before of the parent
   * @param after of the new version
   */
  public record BeforeAfter(Map<String, Object> before, Map<String, Object> after) {}

  /**
   * What became of the facts.
   *
   * @param total how many the job has
   * @param verified how many hold in the new version
   * @param failed those that do not
   * @param noop those that the parent held already
   */
  public record FactsReport(
      int total, int verified, List<FactOutcome> failed, List<FactOutcome> noop) {}

  /**
   * A fact and what is said of it.
   *
   * @param id its name, or null
   * @param line where it stands in its source
   * @param prompt with the subject filled in
   * @param target what it is to be
   * @param generated what greedy decoding gives
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record FactOutcome(String id, int line, String prompt, String target, String generated) {}

  /**
   * A prompt asked of both versions.
   *
   * @param kind {@code fact}, {@code paraphrase} or {@code neighbour}
   * @param prompt the prompt
   * @param wanted what is right, or null when unknown
   * @param before how the parent goes on
   * @param after how the new version goes on
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Sample(String kind, String prompt, String wanted, String before, String after) {}

  /**
   * What was done to the weights.
   *
   * @param rounds how often facts were written: once, and once for each refinement
   * @param layers what each round did to each layer
   * @param tensors how the tensors differ from the parent's
   */
  public record Changes(int rounds, List<RoundReport> layers, List<TensorChange> tensors) {}

  /**
   * What a round did to the layers.
   *
   * @param round from 1
   * @param facts how many facts it wrote
   * @param verified how many facts of the job hold behind it
   * @param kept whether its weights were kept
   * @param layers the layers, lowest first
   */
  public record RoundReport(
      int round, int facts, int verified, boolean kept, List<LayerReport> layers) {}

  /**
   * What stands behind the second moments of a layer.
   *
   * @param layer the layer
   * @param tokens tokens of the corpus
   * @param routed how many of them reached each linear memory: expert after expert, then the shared
   *     one; all of them in a dense layer
   * @param ranks numerical rank of each memory's moment
   */
  public record LayerStatistics(int layer, long tokens, List<Long> routed, List<Integer> ranks) {}

  /** This report with the place of its version; a reason of null leaves the one there is. */
  JobReport placed(
      String number, boolean isCurrent, String place, boolean existed, String because) {
    return new JobReport(
        job,
        model,
        parent,
        number,
        state,
        because == null ? reason : because,
        existed,
        isCurrent,
        place,
        metrics,
        facts,
        samples,
        changes,
        statistics,
        routing,
        stages,
        workers,
        existed ? ProcessMemory.peak() : peakRssBytes);
  }

  /** The figures under the names that gates use. */
  public static Map<String, Object> figures(Metrics metrics) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("efficacy", metrics.efficacy());
    figures.put("paraphrase", metrics.paraphrase());
    figures.put("neighbourhood", metrics.neighbourhood());
    figures.put("score", metrics.score());
    figures.put("exactMatch", metrics.exactMatch());
    figures.put("paraphraseExactMatch", metrics.paraphraseExactMatch());
    figures.put("prefixedExactMatch", metrics.prefixedExactMatch());
    figures.put("tokenAccuracy", metrics.tokenAccuracy().rewrite());
    figures.put("paraphraseTokenAccuracy", metrics.tokenAccuracy().rephrase());
    figures.put("portability", metrics.tokenAccuracy().portability());
    figures.put("locality", metrics.tokenAccuracy().locality());
    figures.put("otherFacts", metrics.otherFacts());
    figures.put("otherFactsBasis", metrics.otherFactsBasis());
    figures.put("fluency", metrics.fluency());
    figures.put("perplexity", metrics.perplexity());
    figures.put("routingOverlap", metrics.routingOverlap());
    figures.put("promptRoutingOverlap", metrics.promptRoutingOverlap());
    figures.put(
        "counts",
        Workspace.JSON.convertValue(
            metrics.counts(), new TypeReference<TreeMap<String, Object>>() {}));
    return figures;
  }
}
