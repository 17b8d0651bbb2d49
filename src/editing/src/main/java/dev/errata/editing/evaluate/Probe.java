package dev.errata.editing.evaluate;

/**
 * A prompt and what may follow it.
 *
 * @param prompt tokens, not empty
 * @param target tokens behind it, not empty
 */
record Probe(int[] prompt, int[] target) {}
