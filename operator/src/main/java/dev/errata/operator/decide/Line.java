package dev.errata.operator.decide;

import java.time.Instant;

/**
 * The line by which workers tell how far they are.
 *
 * @param up whether it answers
 * @param since when it began, or ceased, to answer
 */
public record Line(boolean up, Instant since) {}
