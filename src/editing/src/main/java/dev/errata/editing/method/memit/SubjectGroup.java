package dev.errata.editing.method.memit;

import dev.errata.api.Fact;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Facts about one subject. They share one δ: causality gives them the same key where the subject
 * comes first, and rows with one key and different residuals average away (MEMIT-Merge, arXiv
 * 2502.07322).
 *
 * @param subject the subject
 * @param facts its facts, at least one
 */
public record SubjectGroup(String subject, List<Fact> facts) {

  /** Groups facts by subject, in order of first appearance. */
  public static List<SubjectGroup> of(List<Fact> facts) {
    Map<String, List<Fact>> bySubject = new LinkedHashMap<>();
    for (Fact fact : facts) {
      bySubject.computeIfAbsent(fact.subject(), subject -> new ArrayList<>()).add(fact);
    }
    return bySubject.entrySet().stream()
        .map(entry -> new SubjectGroup(entry.getKey(), List.copyOf(entry.getValue())))
        .toList();
  }

  /** How many facts some groups have. */
  public static int facts(List<SubjectGroup> groups) {
    return groups.stream().mapToInt(group -> group.facts().size()).sum();
  }
}
