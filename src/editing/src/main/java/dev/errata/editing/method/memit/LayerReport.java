package dev.errata.editing.method.memit;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * What the update did to one layer.
 *
 * @param layer the layer, from 0
 * @param memories how many of its linear memories were changed: 1 in a dense layer, the experts
 *     that some row reached in a mixture
 * @param lambda weight of the metric: λ of MEMIT, L2 of AlphaEdit
 * @param ridge added to the second moment, as a multiple of its mean eigenvalue; 0 for none, the
 *     largest of several
 * @param residualShare ‖R − Σ K Δᵀ‖ / ‖R‖: the share of the wanted change that the solve left
 * @param residualNorm ‖R‖, Frobenius
 * @param weightNorm ‖W‖ of the changed memories before, Frobenius
 * @param updateNorm ‖W' − W‖ as rounded to the checkpoint's type
 * @param rows number of rows of the solve, n
 * @param earlierKeys number of keys of earlier versions that were kept
 * @param nullSpace dimensions of the null space, the least of several; null for MEMIT
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LayerReport(
    int layer,
    int memories,
    double lambda,
    double ridge,
    double residualShare,
    double residualNorm,
    double weightNorm,
    double updateNorm,
    int rows,
    long earlierKeys,
    Integer nullSpace) {}
