package dev.errata.editing.checkpoint.store;

import java.util.Objects;

/**
 * A lineage of versions, as {@code model.json} holds it.
 *
 * @param schema number of the file's layout
 * @param name its name
 * @param source where version 0 was imported from
 * @param current number of the version that serving reads
 * @param createdAt time of the import, ISO 8601 in UTC
 */
public record Model(int schema, String name, String source, int current, String createdAt) {
  static final int SCHEMA = 1;

  public Model {
    Objects.requireNonNull(name, "name is missing");
    Objects.requireNonNull(createdAt, "createdAt is missing");
  }

  Model withCurrent(int version) {
    return new Model(schema, name, source, version, createdAt);
  }
}
