package dev.errata.editing.model;

/**
 * One weight of a decoder.
 *
 * @param part what it is
 * @param layer its layer; 0 for a part of the whole model
 * @param expert its expert; 0 for a part that is no expert's
 */
public record WeightPlace(Part part, int layer, int expert) {}
