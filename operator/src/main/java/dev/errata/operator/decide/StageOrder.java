package dev.errata.operator.decide;

import dev.errata.api.resource.Stage;

/**
 * A stage to be started.
 *
 * @param stage the stage
 * @param attempt how often the job has been rebased
 * @param shards how many pods share it
 * @param base the version that it starts from
 * @param pinned whether the Model says what serving reads, so that the job promotes nothing
 */
public record StageOrder(Stage stage, int attempt, int shards, String base, boolean pinned) {}
