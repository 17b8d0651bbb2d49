package dev.errata.editing.checkpoint.store;

import dev.errata.api.Fact;
import java.util.List;

/**
 * What lies between two versions.
 *
 * @param from the version before
 * @param to the version after
 * @param tensors tensors that differ, by name
 * @param added facts of the versions that lead to {@code to} and not to {@code from}, oldest first
 * @param removed facts of the versions that lead to {@code from} and not to {@code to}
 */
public record VersionDiff(
    VersionManifest from,
    VersionManifest to,
    List<TensorChange> tensors,
    List<FactsOf> added,
    List<FactsOf> removed) {
  public VersionDiff {
    tensors = List.copyOf(tensors);
    added = List.copyOf(added);
    removed = List.copyOf(removed);
  }

  /**
   * The facts that one version brought.
   *
   * @param version its number
   * @param facts its facts
   */
  public record FactsOf(int version, List<Fact> facts) {
    public FactsOf {
      facts = List.copyOf(facts);
    }
  }
}
