package dev.errata.lab.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.errata.editing.evaluate.Metrics;
import java.util.List;

/**
 * What a bench measured.
 *
 * @param model the checkpoint
 * @param facts facts that both forms edited and were judged by
 * @param layers edited layers
 * @param prefixes number of prefixes
 * @param lambda λ of both
 * @param unedited figures of the model as it was
 * @param library the library's side
 * @param textbook the textbook's side
 * @param valuesApart median over the subjects of ‖δ − δ'‖ / ‖δ'‖, δ' being the textbook's
 * @param speedup facts per second of the library's values over the textbook's
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record BenchReport(
    String model,
    int facts,
    List<Integer> layers,
    int prefixes,
    double lambda,
    Figures unedited,
    Side library,
    Side textbook,
    double valuesApart,
    double speedup) {

  /** Shares from 0 to 1; null where the facts say nothing about it. */
  public record Figures(
      Double efficacy, Double paraphrase, Double neighbourhood, Double exactMatch) {
    static Figures of(Metrics metrics) {
      return new Figures(
          metrics.efficacy(), metrics.paraphrase(), metrics.neighbourhood(), metrics.exactMatch());
    }
  }

  /**
   * One form's side.
   *
   * @param type floating type of the model
   * @param timedFacts facts whose values were timed
   * @param valuesSeconds seconds of their values
   * @param factsPerSecond timed facts by these seconds
   * @param updateSeconds seconds of the update, on {@link BenchReport#facts} facts
   * @param statisticsTokens tokens of the timed statistics
   * @param statisticsSeconds their seconds, all edited layers together
   * @param peakRssBytes most memory in use during values, statistics and update, the model
   *     included; null where the system does not tell
   * @param figures how the edited model does
   */
  public record Side(
      String type,
      int timedFacts,
      double valuesSeconds,
      double factsPerSecond,
      double updateSeconds,
      long statisticsTokens,
      double statisticsSeconds,
      Long peakRssBytes,
      Figures figures) {}
}
