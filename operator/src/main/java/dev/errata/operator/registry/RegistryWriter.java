package dev.errata.operator.registry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.errata.api.EditJob;
import dev.errata.api.Fact;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.ModelStatus;
import dev.errata.api.resource.ModelVersionSpec;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
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
    if (status != null) {
      row.family = status.family();
      row.parameters = status.parameters();
      row.current = status.current();
      row.latest = status.latest();
    }
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
  public void files(String namespace, String model, int number, StoredVersion stored) {
    VersionRow row =
        VersionRow.<VersionRow>find(
                "model.namespace = ?1 and model.name = ?2 and number = ?3",
                namespace,
                model,
                number)
            .withLock(LockModeType.PESSIMISTIC_WRITE)
            .firstResult();
    if (row == null || row.read) {
      return;
    }
    row.createdAt = stored.manifest().path("createdAt").asText(null);
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
    row.position = position;
    row.name = fact.id();
    row.subject = fact.subject();
    row.subjectKey = SearchKey.of(fact.subject());
    row.prompt = fact.prompt();
    row.target = fact.target();
    row.targetKey = SearchKey.of(fact.target());
    row.oldTarget = fact.oldTarget();
    return row;
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
    row.state = "Waiting";
    EditJobStatus status = job.getStatus();
    if (status != null) {
      row.stage = status.stage() == null ? null : status.stage().name();
      row.from = status.from();
      row.version = status.version();
      row.factsTotal = status.facts() == null ? null : status.facts().total();
      row.startTime = status.startTime();
      row.completionTime = status.completionTime();
      row.state = status.startTime() == null ? "Waiting" : "Running";
      ended(status)
          .ifPresent(
              end -> {
                row.state = end.type();
                row.reason = end.reason();
              });
    }
    row.persist();
  }

  private static Optional<Condition> ended(EditJobStatus status) {
    return status.conditions() == null
        ? Optional.empty()
        : status.conditions().stream()
            .filter(c -> c.status() == Condition.Status.True)
            .filter(c -> c.type().equals("Complete") || c.type().equals("Failed"))
            .findFirst();
  }

  /**
   * Forgets models and jobs that are gone.
   *
   * @param models UIDs of those that are there
   * @param jobs UIDs of those that are there
   */
  @Transactional
  public void retain(Set<String> models, Set<String> jobs) {
    for (ModelRow row : ModelRow.<ModelRow>listAll()) {
      if (!models.contains(row.uid)) {
        row.delete();
      }
    }
    for (JobRow row : JobRow.<JobRow>listAll()) {
      if (!jobs.contains(row.uid)) {
        row.delete();
      }
    }
  }

  /** Forgets everything. */
  @Transactional
  public void clear() {
    retain(Set.of(), Set.of());
  }

  /** The number of {@code vN}. */
  static int number(String version) {
    return Integer.parseInt(version.substring(1));
  }
}
