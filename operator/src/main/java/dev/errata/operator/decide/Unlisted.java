package dev.errata.operator.decide;

/**
 * A version whose files the registry has not been told of.
 *
 * @param namespace of its Model
 * @param model name of its Model
 * @param modelUid of its Model: a namesake that was deleted had other versions
 * @param version such as {@code v3}
 * @param digest content address of its checkpoint, as its ModelVersion says
 * @param facts how many facts it was made with, or a little more; 0 where that is unknown
 */
public record Unlisted(
    String namespace, String model, String modelUid, String version, String digest, long facts) {
  /** Tells it from all others; versions of one Model never change. */
  public String key() {
    return modelUid + " " + version;
  }
}
