package dev.errata.editing.checkpoint.store;

import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.store.VersionDiff.FactsOf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Compares two versions of a lineage. */
final class Comparison {
  private final Map<Integer, Version> versions;

  Comparison(List<Version> versions) {
    this.versions =
        versions.stream()
            .collect(Collectors.toMap(v -> v.manifest().version(), Function.identity()));
  }

  VersionDiff between(Version from, Version to) {
    return new VersionDiff(
        from.manifest(),
        to.manifest(),
        tensors(from, to),
        factsOfOnly(to, from),
        factsOfOnly(from, to));
  }

  private static List<TensorChange> tensors(Version from, Version to) {
    Map<String, String> before = from.manifest().tensors();
    Map<String, String> after = to.manifest().tensors();
    try (Checkpoint a = from.openCheckpoint();
        Checkpoint b = to.openCheckpoint()) {
      return before.keySet().stream()
          .filter(name -> !before.get(name).equals(after.get(name)))
          .map(name -> TensorChange.between(a, b, name))
          .toList();
    }
  }

  /** Facts of the versions from which one stems and the other does not, oldest first. */
  private List<FactsOf> factsOfOnly(Version one, Version other) {
    Set<Integer> numbers = lineage(one);
    numbers.removeAll(lineage(other));
    List<FactsOf> facts = new ArrayList<>();
    for (int number : numbers) {
      facts.add(new FactsOf(number, versions.get(number).facts()));
    }
    return facts;
  }

  /** The numbers of a version and of all it stems from. */
  private Set<Integer> lineage(Version version) {
    Set<Integer> numbers = new TreeSet<>();
    Version next = version;
    while (next != null && numbers.add(next.manifest().version())) {
      Integer parent = next.manifest().parent();
      next = parent == null ? null : versions.get(parent);
    }
    return numbers;
  }
}
