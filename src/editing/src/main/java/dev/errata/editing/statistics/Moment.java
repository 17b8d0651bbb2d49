package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;

/**
 * The uncentred second moment of the input k of one layer's edited linear, C = E[k kᵀ].
 *
 * @param layer the layer, from 0
 * @param matrix C, symmetric, [f, f] float64
 * @param tokens how many tokens it is the mean of
 * @param rank its numerical rank: how many eigenvalues exceed f · 2⁻²⁴ times the largest, float32
 *     being the type of the keys
 */
public record Moment(int layer, NDArray matrix, long tokens, int rank) {}
