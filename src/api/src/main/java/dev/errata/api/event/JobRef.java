package dev.errata.api.event;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.UUID;

/**
 * The EditJob that an event speaks of.
 *
 * @param namespace its namespace; {@code default} for a job on a laptop
 * @param name its name
 * @param uid its UID: the key of its events
 * @param model name of its Model
 */
public record JobRef(String namespace, String name, String uid, String model) {
  private static final String LOCAL = "default";

  public JobRef {
    Objects.requireNonNull(namespace, "namespace");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(uid, "uid");
    Objects.requireNonNull(model, "model");
  }

  /**
   * A job as a manifest has it. One without UID, on a laptop, gets one from its names: the same job
   * is the same key again.
   *
   * @param namespace may be null
   * @param uid may be null
   */
  public static JobRef of(String namespace, String name, String uid, String model) {
    String in = namespace == null ? LOCAL : namespace;
    String own = in + "/" + name + "@" + model;
    return new JobRef(
        in,
        name,
        uid == null ? UUID.nameUUIDFromBytes(own.getBytes(StandardCharsets.UTF_8)).toString() : uid,
        model);
  }
}
