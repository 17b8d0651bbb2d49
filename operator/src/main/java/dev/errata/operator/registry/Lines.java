package dev.errata.operator.registry;

import jakarta.persistence.EntityManager;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The versions of some models as answers name them, and which was made from which. */
final class Lines {
  private static final String QUERY =
      "select v.id, m.id, m.name, m.current_version, v.number, v.parent, v.edit_job, v.state,"
          + " v.created_at from version v join model m on m.id = v.model_id where m.id in"
          + " (select w.model_id from version w where w.id = any(:versions))";

  private final Map<Long, Version> versions = new HashMap<>();
  private final Map<Long, Map<Integer, Integer>> parents = new HashMap<>();
  private final Map<Long, Map<Integer, Set<Integer>>> known = new HashMap<>();

  private Lines() {}

  /**
   * A version without what is long.
   *
   * @param current the version of its model that serving reads; may be null
   */
  record Version(
      Long id,
      Long model,
      String name,
      String current,
      Integer number,
      Integer parent,
      String editJob,
      String state,
      String createdAt) {}

  /** All versions of the models that some versions belong to. */
  static Lines of(EntityManager entities, Collection<Long> of) {
    Lines lines = new Lines();
    // Not by entities: lists of any length are one statement, and columns that are long stay there.
    var query = entities.createNativeQuery(QUERY, Version.class);
    query.setParameter("versions", of.toArray(Long[]::new));
    for (Object found : query.getResultList()) {
      Version version = (Version) found;
      lines.versions.put(version.id(), version);
      lines
          .parents
          .computeIfAbsent(version.model(), id -> new HashMap<>())
          .put(version.number(), version.parent());
    }
    return lines;
  }

  Version version(Long id) {
    return versions.get(id);
  }

  Set<Long> models() {
    return parents.keySet();
  }

  /** Numbers of a version and of those that it was made from; none for null. */
  Set<Integer> line(Long model, Integer number) {
    return known
        .computeIfAbsent(model, id -> new HashMap<>())
        .computeIfAbsent(
            number,
            from -> {
              Set<Integer> line = new HashSet<>();
              for (Integer at = from; at != null && line.add(at); ) {
                at = parents.get(model).get(at);
              }
              return line;
            });
  }

  /** Whether the version that serving reads descends from this one, or is it. */
  boolean serves(Version version) {
    return version.current() != null
        && line(version.model(), RegistryWriter.number(version.current()))
            .contains(version.number());
  }
}
