package dev.errata.lab.world;

import dev.errata.api.Fact;
import java.util.List;

/**
 * One thing that is true of every person.
 *
 * @param name its name, also that of the resource with its objects
 * @param phrasings templates with one {@code {}} for the person; the object follows after a space
 * @param objects what can stand for it
 */
public record Relation(String name, List<String> phrasings, List<String> objects) {
  public Relation {
    phrasings = List.copyOf(phrasings);
    objects = List.copyOf(objects);
  }

  /** What follows the person in the phrasings that begin with the person. */
  List<String> clauses() {
    return phrasings.stream()
        .filter(phrasing -> phrasing.startsWith(Fact.SLOT + " "))
        .map(phrasing -> phrasing.substring(Fact.SLOT.length() + 1))
        .toList();
  }
}
