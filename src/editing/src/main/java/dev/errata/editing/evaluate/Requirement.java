package dev.errata.editing.evaluate;

/**
 * A gate: a figure of the edited model must lie between two bounds.
 *
 * @param metric the figure, by one of {@link Gates#names()}
 * @param minimum the least that passes, or null
 * @param maximum the most that passes, or null
 */
public record Requirement(String metric, Double minimum, Double maximum) {}
