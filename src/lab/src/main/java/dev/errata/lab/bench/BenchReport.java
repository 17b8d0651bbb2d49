package dev.errata.lab.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.errata.editing.evaluate.Metrics;
import java.util.List;

/**
 * What a bench measured; {@code schemas/bench.json} describes it.
 *
 * @param model the checkpoint
 * @param facts facts that both forms edited and were judged by
 * @param layers edited layers
 * @param prefixes number of prefixes
 * @param lambda λ of both
 * @param rates how fast the machine multiplies matrices, measured in the same run: in the library's
 *     type and in float64
 * @param unedited figures of the model as it was
 * @param library the library's side
 * @param textbook the textbook's side
 * @param valuesApart median over the subjects of ‖δ − δ'‖ / ‖δ'‖, δ' being the textbook's
 * @param faster how many times as much the library does in a second
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record BenchReport(
    String model,
    int facts,
    List<Integer> layers,
    int prefixes,
    double lambda,
    List<MatrixRate> rates,
    Figures unedited,
    Side library,
    Side textbook,
    double valuesApart,
    Faster faster) {

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
   * @param repeats how often each stage was done; medians are told
   * @param values facts are its items
   * @param statistics tokens are its items; all edited layers together
   * @param update facts are its items
   * @param peakRssBytes most memory that the process had resident in any of these stages, the model
   *     included, the other side's closed; null where the system does not tell
   * @param figures how the edited model does
   */
  public record Side(
      String type,
      int repeats,
      StageFigures values,
      StageFigures statistics,
      StageFigures update,
      Long peakRssBytes,
      Figures figures) {}

  /**
   * A stage of a side, once.
   *
   * @param items what was timed
   * @param seconds by the clock
   * @param cpuSeconds of all processors together
   * @param operations floating-point operations that it cannot do without; null where they were not
   *     counted
   * @param shareOfRate what part of the machine's rate of matrix multiplication reached the result,
   *     by the clock; null likewise
   * @param shareOfCpuRate the same by processor seconds; null also where less was spent than the
   *     clock of processors can tell
   */
  public record StageFigures(
      long items,
      double seconds,
      double cpuSeconds,
      Double operations,
      Double shareOfRate,
      Double shareOfCpuRate) {

    static StageFigures of(long items, Cost cost) {
      return new StageFigures(items, cost.seconds(), cost.cpuSeconds(), null, null, null);
    }

    static StageFigures of(long items, Cost cost, Operations operations, List<MatrixRate> rates) {
      MatrixRate forward = rates.get(0);
      MatrixRate solve = rates.get(1);
      return new StageFigures(
          items,
          cost.seconds(),
          cost.cpuSeconds(),
          operations.forward() + operations.solve(),
          operations.share(cost.seconds(), forward.perSecond(), solve.perSecond()),
          Cost.ratio(
              operations.share(1, forward.perCpuSecond(), solve.perCpuSecond()),
              cost.cpuSeconds()));
    }

    double timesAsFastAs(StageFigures other) {
      return other.seconds() / other.items() * items() / seconds();
    }

    Double timesAsFastByCpuAs(StageFigures other) {
      return Cost.ratio(other.cpuSeconds() / other.items() * items(), cpuSeconds());
    }
  }

  /**
   * The library's items a second over the textbook's.
   *
   * @param values by the clock
   * @param valuesByCpu by processor seconds; null where that cannot be told
   */
  public record Faster(
      double values,
      Double valuesByCpu,
      double statistics,
      Double statisticsByCpu,
      double update,
      Double updateByCpu) {
    static Faster of(Side one, Side other) {
      return new Faster(
          one.values().timesAsFastAs(other.values()),
          one.values().timesAsFastByCpuAs(other.values()),
          one.statistics().timesAsFastAs(other.statistics()),
          one.statistics().timesAsFastByCpuAs(other.statistics()),
          one.update().timesAsFastAs(other.update()),
          one.update().timesAsFastByCpuAs(other.update()));
    }
  }
}
