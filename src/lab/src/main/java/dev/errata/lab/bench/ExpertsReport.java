package dev.errata.lab.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * What a bench of the solve over experts measured.
 *
 * @param experts E
 * @param perToken how many experts a key reaches
 * @param keys n, number of edited positions
 * @param width f, width of an expert's key
 * @param hidden d, width of the residual stream
 * @param lambda λ of the metric λ C_e, by the wanted share of the residual
 * @param exact the closed form
 * @param descent block coordinate descent, behind each pass; empty when it was left out
 * @param speedup seconds of the descent's last pass by those of the closed form; null without it
 * @param cpuSpeedup the same of processor seconds, which a busy machine does not lengthen; null
 *     also where the closed form took less than the clock of processors can tell
 * @param projection several such layers on one GPU
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ExpertsReport(
    int experts,
    int perToken,
    int keys,
    int width,
    int hidden,
    double lambda,
    Exact exact,
    List<Pass> descent,
    Double speedup,
    Double cpuSpeedup,
    Projection projection) {

  /**
   * The closed form over all experts at once.
   *
   * @param seconds of the metrics' factors and the solve
   * @param cpuSeconds the same of all processors together
   * @param objective what is minimised, at its minimum
   * @param residualShare share of the residual that is left
   * @param flops floating-point operations of it
   * @param peakRssBytes most memory of the process during it, the problem itself included; null
   *     where the system does not tell
   */
  public record Exact(
      double seconds,
      double cpuSeconds,
      double objective,
      double residualShare,
      double flops,
      Long peakRssBytes) {}

  /**
   * Behind a pass over all experts.
   *
   * @param pass from 1
   * @param seconds since the beginning, factors of the blocks included
   * @param cpuSeconds the same of all processors together
   * @param objective what is minimised
   * @param excess how much of it is above the minimum, as a share of the minimum
   */
  public record Pass(
      int pass, double seconds, double cpuSeconds, double objective, double excess) {}

  /**
   * Not measured: what counting gives.
   *
   * @param layers edited layers
   * @param gpuTeraflops float64 operations a second of the GPU, in 10¹², half of which are taken
   *     for reached
   * @param seconds of the solves of all layers
   * @param bytes moments of all layers and the solve of one: metrics, keys, Gram matrix, updates
   */
  public record Projection(int layers, double gpuTeraflops, double seconds, long bytes) {}
}
