package dev.errata.operator.registry;

import dev.errata.operator.registry.Answers.FactAnswer;
import dev.errata.operator.registry.Answers.FactPage;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.persistence.TypedQuery;
import jakarta.transaction.Transactional;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hibernate.jpa.HibernateHints;

/**
 * Finds facts: which job and version changed something, and what it was before. Subjects and
 * targets are found by how they begin, over an index, whatever there is of them.
 */
@ApplicationScoped
@Transactional
public class FactSearch {
  /** Lists of any length are one statement, so that databases and Hibernate plan it once. */
  private static final String EARLIER =
      "select v.model_id, v.number, f.subject_key, f.prompt, f.target from fact f"
          + " join version v on v.id = f.version_id where f.namespace = :namespace"
          + " and f.subject_key = any(:keys) and f.prompt = any(:prompts)"
          + " and v.model_id = any(:models)";

  private final EntityManager entities;

  FactSearch(EntityManager entities) {
    this.entities = entities;
  }

  /**
   * What is looked for.
   *
   * @param subject how the subject begins; null for any
   * @param target how the target begins; null for any. One of the two is given
   * @param model name of the model; null for all
   * @param editJob name of the job; null for all
   * @param after the {@link FactPage#next} of the page before; null for the first
   * @param most how many to list
   */
  public record Wanted(
      String namespace,
      String subject,
      String target,
      String model,
      String editJob,
      String after,
      int most) {
    /** The longer of the two texts finds fewer: its index is read. */
    boolean bySubject() {
      return target == null || (subject != null && subject.length() >= target.length());
    }
  }

  /** What an earlier version said of a subject. */
  record Earlier(Long model, Integer version, String subjectKey, String prompt, String target) {}

  /** What a model is asked. */
  private record Said(Long model, String subjectKey, String prompt) {}

  /** A page of facts, in the order of their keys. */
  public FactPage find(Wanted wanted) {
    List<Long> versions = versions(wanted);
    if (versions != null && versions.isEmpty()) {
      return new FactPage(List.of(), null);
    }
    TypedQuery<FactRow> query = query(wanted, versions);
    List<FactRow> found = query.setMaxResults(wanted.most() + 1).getResultList();
    boolean more = found.size() > wanted.most();
    List<FactRow> page = more ? found.subList(0, wanted.most()) : found;
    if (page.isEmpty()) {
      return new FactPage(List.of(), null);
    }
    FactRow last = page.get(page.size() - 1);
    return new FactPage(answers(page), more ? PageMark.of(last, wanted.bySubject()).text() : null);
  }

  /** The versions to search in; null for all. */
  private List<Long> versions(Wanted wanted) {
    if (wanted.model() == null && wanted.editJob() == null) {
      return null;
    }
    return entities
        .createQuery(
            "select v.id from VersionRow v where v.model.namespace = :namespace"
                + " and (:model is null or v.model.name = :model)"
                + " and (:job is null or v.editJob = :job) order by v.id",
            Long.class)
        .setParameter("namespace", wanted.namespace())
        .setParameter("model", wanted.model())
        .setParameter("job", wanted.editJob())
        .getResultList();
  }

  private TypedQuery<FactRow> query(Wanted wanted, List<Long> versions) {
    String key = wanted.bySubject() ? "f.subjectKey" : "f.targetKey";
    Map<String, Object> values = new HashMap<>();
    StringBuilder where = new StringBuilder("f.namespace = :namespace");
    values.put("namespace", wanted.namespace());
    begins(where, values, "f.subjectKey", "subject", wanted.subject());
    begins(where, values, "f.targetKey", "target", wanted.target());
    if (versions != null) {
      where.append(" and f.version.id in :versions");
      values.put("versions", versions);
    }
    if (wanted.after() != null) {
      PageMark mark = PageMark.of(wanted.after());
      // The first condition follows from the others; by it the index is entered at the right place.
      where.append(" and %1$s >= :key and (%1$s > :key or f.id > :id)".formatted(key));
      values.put("key", mark.key());
      values.put("id", mark.id());
    }
    TypedQuery<FactRow> query =
        entities.createQuery(
            "from FactRow f where " + where + " order by " + key + ", f.id", FactRow.class);
    values.forEach(query::setParameter);
    return query.setHint(HibernateHints.HINT_READ_ONLY, true);
  }

  private static void begins(
      StringBuilder where, Map<String, Object> values, String field, String name, String text) {
    if (text == null) {
      return;
    }
    String key = SearchKey.of(text);
    where.append(" and " + field + " >= :" + name + " and " + field + " < :" + name + "End");
    values.put(name, key);
    values.put(name + "End", SearchKey.behind(key));
  }

  /** The facts of some versions, in their order. */
  List<FactAnswer> of(List<VersionRow> versions, int most) {
    List<FactRow> facts =
        entities
            .createQuery(
                "from FactRow f where f.version in :versions"
                    + " order by f.version.number, f.position",
                FactRow.class)
            .setParameter("versions", versions)
            .setHint(HibernateHints.HINT_READ_ONLY, true)
            .setMaxResults(most)
            .getResultList();
    return facts.isEmpty() ? List.of() : answers(facts);
  }

  private List<FactAnswer> answers(List<FactRow> facts) {
    Lines lines = Lines.of(entities, facts.stream().map(f -> f.version.id).distinct().toList());
    Map<Said, List<Earlier>> earlier = earlier(facts, lines);
    List<FactAnswer> answers = new ArrayList<>();
    for (FactRow fact : facts) {
      Lines.Version version = lines.version(fact.version.id);
      Optional<Earlier> before =
          fact.oldTarget != null ? Optional.empty() : last(fact, version, earlier, lines);
      answers.add(
          new FactAnswer(
              version.name(),
              "v" + version.number(),
              version.editJob(),
              version.state(),
              lines.serves(version),
              fact.name,
              fact.subject,
              fact.prompt,
              fact.target,
              before.map(Earlier::target).orElse(fact.oldTarget),
              before.map(e -> "v" + e.version()).orElse(null),
              fact.verified,
              version.createdAt()));
    }
    return answers;
  }

  /** What the models say elsewhere of the same subjects, for the facts that tell no old target. */
  private Map<Said, List<Earlier>> earlier(List<FactRow> facts, Lines lines) {
    Set<String> keys = new HashSet<>();
    Set<String> prompts = new HashSet<>();
    for (FactRow fact : facts) {
      if (fact.oldTarget == null) {
        keys.add(fact.subjectKey);
        prompts.add(fact.prompt);
      }
    }
    Map<Said, List<Earlier>> earlier = new HashMap<>();
    if (keys.isEmpty()) {
      return earlier;
    }
    var query =
        entities
            .createNativeQuery(EARLIER, Earlier.class)
            .setParameter("namespace", facts.get(0).namespace)
            .setParameter("keys", keys.toArray(String[]::new))
            .setParameter("prompts", prompts.toArray(String[]::new))
            .setParameter("models", lines.models().toArray(Long[]::new));
    for (Object found : query.getResultList()) {
      Earlier one = (Earlier) found;
      earlier
          .computeIfAbsent(
              new Said(one.model(), one.subjectKey(), one.prompt()), said -> new ArrayList<>())
          .add(one);
    }
    return earlier;
  }

  private static Optional<Earlier> last(
      FactRow fact, Lines.Version version, Map<Said, List<Earlier>> earlier, Lines lines) {
    Set<Integer> line = lines.line(version.model(), version.parent());
    return earlier
        .getOrDefault(new Said(version.model(), fact.subjectKey, fact.prompt), List.of())
        .stream()
        .filter(e -> line.contains(e.version()))
        .max(Comparator.comparingInt(Earlier::version));
  }
}
