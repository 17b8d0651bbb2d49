package dev.errata.operator.registry;

import dev.errata.operator.registry.Answers.FactAnswer;
import dev.errata.operator.registry.Answers.FactPage;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.persistence.TypedQuery;
import jakarta.transaction.Transactional;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds facts: which job and version changed something, and what it was before. Subjects and
 * targets are found by how they begin, over an index, whatever there is of them.
 */
@ApplicationScoped
@Transactional
public class FactSearch {
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
      int most) {}

  /** A page of facts, in the order of their keys. */
  public FactPage find(Wanted wanted) {
    Map<Long, VersionRow> versions = versions(wanted);
    if (versions.isEmpty()) {
      return new FactPage(List.of(), null);
    }
    boolean bySubject = wanted.subject() != null;
    String order = bySubject ? "f.subjectKey" : "f.targetKey";
    Map<String, Object> values = new HashMap<>();
    StringBuilder where = new StringBuilder("f.version.id in :versions");
    values.put("versions", versions.keySet());
    begins(where, values, "f.subjectKey", "subject", wanted.subject());
    begins(where, values, "f.targetKey", "target", wanted.target());
    if (wanted.after() != null) {
      Place place = Place.of(wanted.after());
      where.append(" and (" + order + " > :key or (" + order + " = :key and f.id > :id))");
      values.put("key", place.key());
      values.put("id", place.id());
    }
    TypedQuery<FactRow> query =
        entities.createQuery(
            "from FactRow f where " + where + " order by " + order + ", f.id", FactRow.class);
    values.forEach(query::setParameter);
    List<FactRow> found = query.setMaxResults(wanted.most() + 1).getResultList();
    boolean more = found.size() > wanted.most();
    List<FactRow> page = more ? found.subList(0, wanted.most()) : found;
    FactRow last = page.isEmpty() ? null : page.get(page.size() - 1);
    return new FactPage(
        answers(page, versions),
        more ? new Place(bySubject ? last.subjectKey : last.targetKey, last.id).text() : null);
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

  private Map<Long, VersionRow> versions(Wanted wanted) {
    String where = "v.model.namespace = :namespace and v.factsTotal > 0";
    Map<String, Object> values = new HashMap<>();
    values.put("namespace", wanted.namespace());
    if (wanted.model() != null) {
      where += " and v.model.name = :model";
      values.put("model", wanted.model());
    }
    if (wanted.editJob() != null) {
      where += " and v.editJob = :job";
      values.put("job", wanted.editJob());
    }
    TypedQuery<VersionRow> query =
        entities.createQuery(
            "from VersionRow v join fetch v.model where " + where, VersionRow.class);
    values.forEach(query::setParameter);
    Map<Long, VersionRow> versions = new LinkedHashMap<>();
    query.getResultList().forEach(row -> versions.put(row.id, row));
    return versions;
  }

  /** The facts of some versions, in their order. */
  List<FactAnswer> of(List<VersionRow> versions, int most) {
    Map<Long, VersionRow> byId = new LinkedHashMap<>();
    versions.forEach(row -> byId.put(row.id, row));
    List<FactRow> facts =
        entities
            .createQuery(
                "from FactRow f where f.version.id in :versions"
                    + " order by f.version.id, f.position",
                FactRow.class)
            .setParameter("versions", byId.keySet())
            .setMaxResults(most)
            .getResultList();
    return answers(facts, byId);
  }

  private List<FactAnswer> answers(List<FactRow> facts, Map<Long, VersionRow> versions) {
    Map<Long, Set<Integer>> serving = new HashMap<>();
    Map<String, List<FactRow>> alike = alike(facts);
    List<FactAnswer> answers = new ArrayList<>();
    for (FactRow fact : facts) {
      VersionRow version = versions.get(fact.version.id);
      Set<Integer> line =
          serving.computeIfAbsent(version.model.id, id -> servingLine(version.model));
      FactRow earlier = fact.oldTarget != null ? null : earlier(fact, version, alike);
      answers.add(
          new FactAnswer(
              version.model.name,
              "v" + version.number,
              version.editJob,
              version.state,
              line.contains(version.number),
              fact.name,
              fact.subject,
              fact.prompt,
              fact.target,
              earlier == null ? fact.oldTarget : earlier.target,
              earlier == null ? null : "v" + earlier.version.number,
              fact.verified,
              version.createdAt));
    }
    return answers;
  }

  /** All facts of the same subjects, wherever, where that is needed. */
  private Map<String, List<FactRow>> alike(List<FactRow> facts) {
    Set<String> keys = new HashSet<>();
    facts.stream().filter(f -> f.oldTarget == null).forEach(f -> keys.add(f.subjectKey));
    Map<String, List<FactRow>> alike = new HashMap<>();
    if (!keys.isEmpty()) {
      entities
          .createQuery(
              "from FactRow f join fetch f.version where f.subjectKey in :keys", FactRow.class)
          .setParameter("keys", keys)
          .getResultList()
          .forEach(f -> alike.computeIfAbsent(f.subjectKey, k -> new ArrayList<>()).add(f));
    }
    return alike;
  }

  private FactRow earlier(FactRow fact, VersionRow version, Map<String, List<FactRow>> alike) {
    return alike.getOrDefault(fact.subjectKey, List.of()).stream()
        .filter(other -> other.prompt.equals(fact.prompt))
        .filter(other -> other.version.model.id.equals(version.model.id))
        .filter(other -> other.version.number < version.number)
        .filter(other -> line(version.model, version.parent).contains(other.version.number))
        .max(Comparator.comparingInt(other -> other.version.number))
        .orElse(null);
  }

  private Set<Integer> servingLine(ModelRow model) {
    return model.current == null ? Set.of() : line(model, RegistryWriter.number(model.current));
  }

  /** Numbers of a version and of those that it was made from. */
  private Set<Integer> line(ModelRow model, Integer number) {
    Map<Integer, Integer> parents = new HashMap<>();
    VersionRow.<VersionRow>list("model", model).forEach(v -> parents.put(v.number, v.parent));
    Set<Integer> line = new HashSet<>();
    for (Integer at = number; at != null && line.add(at); ) {
      at = parents.get(at);
    }
    return line;
  }

  /** Behind which fact a page begins. */
  private record Place(String key, long id) {
    static Place of(String text) {
      try {
        String plain = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
        int cut = plain.indexOf(' ');
        return new Place(plain.substring(cut + 1), Long.parseLong(plain.substring(0, cut)));
      } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
        throw new BadQuestionException("after: is not what an earlier answer gave as next");
      }
    }

    String text() {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString((id + " " + key).getBytes(StandardCharsets.UTF_8));
    }
  }
}
