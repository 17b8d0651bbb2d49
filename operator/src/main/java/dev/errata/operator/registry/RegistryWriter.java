package dev.errata.operator.registry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.errata.api.EditJob;
import dev.errata.api.Fact;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.ModelStatus;
import dev.errata.api.resource.ModelVersionSpec;
import dev.errata.operator.decide.JobState;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hibernate.Session;
import org.hibernate.StatelessSession;

/** Writes what storage and cluster say; the same again changes nothing. */
@ApplicationScoped
public class RegistryWriter {
  /** A version with a million facts is written in one go. */
  static final int LONGEST_SECONDS = 3600;

  private static final int BATCH = 1000;

  private final EntityManager entities;

  RegistryWriter(EntityManager entities) {
    this.entities = entities;
  }

  /** Writes a model. */
  @Transactional
  public void model(Model model) {
    String namespace = model.getMetadata().getNamespace();
    String name = model.getMetadata().getName();
    ModelRow row = find(namespace, name).orElseGet(ModelRow::new);
    if (row.uid != null && !row.uid.equals(model.getMetadata().getUid())) {
      // A namesake of one that was deleted has versions of its own.
      row.delete();
      entities.flush();
      row = new ModelRow();
    }
    row.namespace = namespace;
    row.name = name;
    row.uid = model.getMetadata().getUid();
    row.source = model.getSpec().source().uri();
    ModelStatus status = model.getStatus();
    row.family = status == null ? null : status.family();
    row.parameters = status == null ? null : status.parameters();
    row.current = status == null ? null : status.current();
    row.latest = status == null ? null : status.latest();
    row.persist();
  }

  private static Optional<ModelRow> find(String namespace, String name) {
    return ModelRow.find("namespace = ?1 and name = ?2", namespace, name).firstResultOptional();
  }

  /**
   * Writes a version.
   *
   * @return whether its files are still to be read
   */
  @Transactional
  public boolean version(ModelVersion version) {
    ModelVersionSpec spec = version.getSpec();
    Optional<ModelRow> model = find(version.getMetadata().getNamespace(), spec.model());
    if (model.isEmpty()) {
      return false;
    }
    int number = number(spec.version());
    VersionRow row =
        VersionRow.<VersionRow>find("model = ?1 and number = ?2", model.get(), number)
            .firstResultOptional()
            .orElseGet(VersionRow::new);
    row.model = model.get();
    row.number = number;
    row.parent = spec.parent() == null ? null : Integer.valueOf(number(spec.parent()));
    row.editJob = spec.editJob();
    row.state = spec.state().name();
    row.reason = spec.reason();
    row.method = spec.method();
    row.digest = spec.digest();
    row.sizeBytes = spec.sizeBytes();
    FactCounts facts = spec.facts();
    row.factsTotal = facts == null ? null : facts.total();
    row.factsVerified = facts == null ? null : facts.verified();
    row.factsFailed = facts == null ? null : facts.failed();
    row.factsNoop = facts == null ? null : facts.noop();
    boolean fresh = row.id == null;
    if (!row.read) {
      row.createdAt = version.getMetadata().getCreationTimestamp();
    }
    row.persist();
    if (fresh && spec.metrics() != null) {
      figures(row, spec.metrics().before(), spec.metrics().after());
    }
    return !row.read;
  }

  private static void figures(
      VersionRow version, Map<String, Double> before, Map<String, Double> after) {
    Map<String, Double[]> figures = new LinkedHashMap<>();
    if (before != null) {
      before.forEach((n, value) -> figures.put(n, new Double[] {value, null}));
    }
    if (after != null) {
      after.forEach((n, value) -> figures.computeIfAbsent(n, one -> new Double[2])[1] = value);
    }
    figures.forEach(
        (name, values) -> {
          MetricRow row = new MetricRow();
          row.version = version;
          row.name = name;
          row.before = values[0];
          row.after = values[1];
          row.persist();
        });
  }

  /** Writes what the files of a version say: when it was made, its changes, stages and facts. */
  @Transactional
  public void files(VersionName name, StoredVersion stored) {
    VersionRow row =
        VersionRow.<VersionRow>find(
                "model.namespace = ?1 and model.name = ?2 and number = ?3",
                name.namespace(),
                name.model(),
                name.number())
            .firstResult();
    if (row == null || row.read) {
      return;
    }
    row.createdAt = stored.manifest().path("createdAt").asText(row.createdAt);
    row.changed = stored.manifest().path("changed").toString();
    row.read = true;
    int position = 0;
    for (JsonNode stage : stored.report().path("stages")) {
      StageRow timed = new StageRow();
      timed.version = row;
      timed.position = position++;
      timed.name = stage.path("name").asText();
      timed.seconds = stage.path("seconds").asDouble();
      timed.unit = stage.path("unit").asText(null);
      timed.items = stage.path("items").asLong();
      timed.persist();
    }
    entities.flush();
    facts(row, stored);
  }

  private void facts(VersionRow version, StoredVersion stored) {
    Set<String> failed = new HashSet<>();
    for (JsonNode one : stored.report().path("facts").path("failed")) {
      failed.add(one.path("prompt").asText() + "\n" + one.path("target").asText());
    }
    boolean judged = stored.report().path("facts").isObject();
    StatelessSession session =
        entities.unwrap(Session.class).statelessWithOptions().connection().openStatelessSession();
    try (session) {
      session.setJdbcBatchSize(BATCH);
      List<Object> batch = new ArrayList<>();
      int position = 0;
      for (Fact fact : stored.facts()) {
        FactRow row = row(version, position++, fact);
        row.verified = judged ? !failed.contains(fact.filled() + "\n" + fact.target()) : null;
        batch.add(row);
        if (batch.size() == BATCH) {
          session.insertMultiple(batch);
          batch.clear();
        }
      }
      session.insertMultiple(batch);
    }
  }

  private static FactRow row(VersionRow version, int position, Fact fact) {
    FactRow row = new FactRow();
    row.version = version;
    row.namespace = version.model.namespace;
    row.position = position;
    row.name = text(fact.id());
    row.subject = text(fact.subject());
    row.subjectKey = SearchKey.of(fact.subject());
    row.prompt = text(fact.prompt());
    row.target = text(fact.target());
    row.targetKey = SearchKey.of(fact.target());
    row.oldTarget = text(fact.oldTarget());
    return row;
  }

  /** PostgreSQL keeps no NUL: it is shown as the sign for it. */
  private static String text(String text) {
    return text == null ? null : text.replace('\0', '\u2400');
  }

  /** Writes a job. */
  @Transactional
  public void job(EditJob job) {
    String uid = job.getMetadata().getUid();
    JobRow row = JobRow.<JobRow>find("uid", uid).firstResultOptional().orElseGet(JobRow::new);
    row.namespace = job.getMetadata().getNamespace();
    row.name = job.getMetadata().getName();
    row.uid = uid;
    row.model = job.getSpec().model();
    row.createdAt = job.getMetadata().getCreationTimestamp();
    EditJobStatus status = job.getStatus();
    JobState.Stay stay = JobState.of(job);
    row.state = stay.state().name();
    row.reason = stay.reason();
    row.stage = status == null || status.stage() == null ? null : status.stage().name();
    row.from = status == null ? null : status.from();
    row.version = status == null ? null : status.version();
    row.factsTotal = status == null || status.facts() == null ? null : status.facts().total();
    row.startTime = status == null ? null : status.startTime();
    row.completionTime = status == null ? null : status.completionTime();
    row.persist();
  }

  /**
   * Forgets what is gone.
   *
   * @param models UIDs of the models that are there
   * @param jobs UIDs of the jobs that are there
   * @param versions those that are there
   */
  @Transactional
  public void retain(Set<String> models, Set<String> jobs, Set<VersionName> versions) {
    ModelRow.delete("id in ?1", gone("select id, uid from ModelRow", models));
    JobRow.delete("id in ?1", gone("select id, uid from JobRow", jobs));
    List<Long> gone =
        entities
            .createQuery(
                "select id, model.namespace, model.name, number from VersionRow",
                KnownVersion.class)
            .getResultStream()
            .filter(v -> !versions.contains(v.name()))
            .map(KnownVersion::id)
            .toList();
    VersionRow.delete("id in ?1", gone);
  }

  private List<Long> gone(String known, Set<String> there) {
    return entities
        .createQuery(known, Known.class)
        .getResultStream()
        .filter(row -> !there.contains(row.uid()))
        .map(Known::id)
        .toList();
  }

  record Known(long id, String uid) {}

  record KnownVersion(long id, String namespace, String model, int number) {
    VersionName name() {
      return new VersionName(namespace, model, number);
    }
  }

  /** Which version of which model. */
  public record VersionName(String namespace, String model, int number) {
    /** That of a resource. */
    static VersionName of(ModelVersion version) {
      return new VersionName(
          version.getMetadata().getNamespace(),
          version.getSpec().model(),
          RegistryWriter.number(version.getSpec().version()));
    }
  }

  /** Forgets everything. */
  @Transactional
  public void clear() {
    entities.flush();
    JobRow.deleteAll();
    ModelRow.deleteAll();
    entities.clear();
  }

  /** The number of {@code vN}. */
  static int number(String version) {
    return Integer.parseInt(version.substring(1));
  }
}
