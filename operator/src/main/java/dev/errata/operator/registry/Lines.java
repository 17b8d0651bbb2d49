package dev.errata.operator.registry;

import jakarta.persistence.EntityManager;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Which version was made from which, of some models. */
final class Lines {
  private final Map<Long, Map<Integer, Integer>> parents = new HashMap<>();
  private final Map<Long, Map<Integer, Set<Integer>>> known = new HashMap<>();

  private Lines() {}

  /** Those of the models that some versions belong to. */
  static Lines of(EntityManager entities, Collection<VersionRow> versions) {
    Lines lines = new Lines();
    versions.forEach(v -> lines.parents.computeIfAbsent(v.model.id, id -> new HashMap<>()));
    entities
        .createQuery(
            "select v.model.id, v.number, v.parent from VersionRow v where v.model.id in :models",
            Step.class)
        .setParameter("models", lines.parents.keySet())
        .getResultList()
        .forEach(step -> lines.parents.get(step.model()).put(step.number(), step.parent()));
    return lines;
  }

  /** A version and its parent. */
  record Step(long model, int number, Integer parent) {}

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
  boolean serves(VersionRow version) {
    String current = version.model.current;
    return current != null
        && line(version.model.id, RegistryWriter.number(current)).contains(version.number);
  }
}
