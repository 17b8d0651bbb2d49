package dev.errata.api.facts;

import dev.errata.api.Fact;
import java.util.List;

/**
 * The facts of one job: checked, without duplicates and contradictions, in the order of the source.
 *
 * @param facts at least one
 * @param warnings what was dropped or joined, one sentence each
 * @param digest {@code sha256:…} of the facts' content; where they stood does not count
 */
public record FactSet(List<Fact> facts, List<String> warnings, String digest) {
  /** Lists are copied. */
  public FactSet {
    facts = List.copyOf(facts);
    warnings = List.copyOf(warnings);
  }
}
