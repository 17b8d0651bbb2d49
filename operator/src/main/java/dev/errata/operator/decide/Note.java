package dev.errata.operator.decide;

import dev.errata.api.resource.Reason;

/**
 * An Event to be told once.
 *
 * @param warning whether a person should look
 * @param reason what it is about
 * @param key what tells it from others of this reason and object, such as the stage
 * @param message one sentence
 */
public record Note(boolean warning, Reason reason, String key, String message) {}
