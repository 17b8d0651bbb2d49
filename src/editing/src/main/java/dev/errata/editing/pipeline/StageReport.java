package dev.errata.editing.pipeline;

/**
 * How long a stage took.
 *
 * @param name the stage, by the name of {@link dev.errata.api.resource.Stage}
 * @param seconds wall-clock time, 0 when its result was there already
 * @param unit what is counted
 * @param items how many
 * @param itemsPerSecond items over seconds; null when its result was there already
 * @param cached whether its result was there already
 */
public record StageReport(
    String name, double seconds, String unit, long items, Double itemsPerSecond, boolean cached) {}
