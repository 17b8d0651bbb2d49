package dev.errata.lab.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * The same edit of a mixture of experts by the closed form and by block coordinate descent.
 *
 * @param model the checkpoint
 * @param facts how many facts were edited
 * @param layers edited layers
 * @param passes passes of the descent
 * @param lambda λ of both
 * @param unedited figures of the model as it was
 * @param exact the closed form
 * @param descent block coordinate descent from 0
 * @param gaps by layer, lowest first: both on the problem that the descent met there
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record DescentReport(
    String model,
    int facts,
    List<Integer> layers,
    int passes,
    double lambda,
    BenchReport.Figures unedited,
    Side exact,
    Side descent,
    List<Gap> gaps) {
  public DescentReport {
    layers = List.copyOf(layers);
    gaps = List.copyOf(gaps);
  }

  /**
   * One way's side.
   *
   * @param figures how the edited model does
   * @param seconds of the solves of all layers, by the clock
   * @param cpuSeconds the same of all processors together
   */
  public record Side(BenchReport.Figures figures, double seconds, double cpuSeconds) {}

  /**
   * What is minimised, of both on one problem.
   *
   * @param layer the layer
   * @param exact ‖R − Σ K_e Δ_eᵀ‖² + Σ tr(Δ_e M_e Δ_eᵀ) of the closed form
   * @param descent the same of the descent
   */
  public record Gap(int layer, double exact, double descent) {}
}
