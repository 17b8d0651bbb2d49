package dev.errata.editing.method.memit;

/**
 * What the update did to one layer.
 *
 * @param layer the layer, from 0
 * @param lambda weight of the second moment
 * @param ridge added to the second moment, as a multiple of its mean eigenvalue; 0 for none
 * @param residualShare ‖R − K Δᵀ‖ / ‖R‖: the share of the wanted change that the solve left
 * @param residualNorm ‖R‖, Frobenius
 * @param weightNorm ‖W‖ before, Frobenius
 * @param updateNorm ‖W' − W‖ as rounded to the checkpoint's type
 * @param rows number of keys, n
 */
public record LayerReport(
    int layer,
    double lambda,
    double ridge,
    double residualShare,
    double residualNorm,
    double weightNorm,
    double updateNorm,
    int rows) {}
