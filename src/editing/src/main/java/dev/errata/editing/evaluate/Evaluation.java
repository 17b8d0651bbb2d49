package dev.errata.editing.evaluate;

import java.util.List;

/**
 * An evaluation of a model on a list of facts.
 *
 * @param metrics the figures
 * @param facts what the model says of each fact, in their order
 * @param reference what the unedited model said: made by this evaluation or given to it
 */
public record Evaluation(Metrics metrics, List<FactScore> facts, Reference reference) {}
