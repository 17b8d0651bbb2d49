package dev.errata.editing.evaluate;

import java.util.List;

/**
 * An evaluation of a model on a list of facts.
 *
 * @param metrics the figures
 * @param facts what the model says of each fact, in their order
 * @param routing how far every layer above the edit picks the experts that the unedited model
 *     picks; null where that was not measured
 * @param reference what the unedited model said: made by this evaluation or given to it
 */
public record Evaluation(
    Metrics metrics, List<FactScore> facts, List<Routes.Overlap> routing, Reference reference) {}
