package dev.errata.operator.registry;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.errata.api.EditJob;
import dev.errata.api.InputException;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.listing.ListedFact;
import dev.errata.api.listing.ListedVersion;
import dev.errata.api.listing.ListingLine;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.ModelStatus;
import dev.errata.api.resource.ModelVersionSpec;
import dev.errata.operator.assembly.VersionShelf;
import dev.errata.operator.decide.JobState;
import dev.errata.operator.decide.Unlisted;
import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.hibernate.Session;
import org.hibernate.StatelessSession;
import org.jboss.logging.Logger;

/** Writes what storage and cluster say; the same again changes nothing. */
@ApplicationScoped
public class RegistryWriter implements VersionShelf {
  private static final Logger LOG = Logger.getLogger(RegistryWriter.class);

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

  /** Writes a version; what its files say comes later, and stays when it is there. */
  @Transactional
  public void version(ModelVersion version) {
    ModelVersionSpec spec = version.getSpec();
    Optional<ModelRow> model = find(version.getMetadata().getNamespace(), spec.model());
    if (model.isEmpty()) {
      return;
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
    boolean base = spec.parent() == null;
    row.listed |= base;
    if (base || row.createdAt == null) {
      row.createdAt = version.getMetadata().getCreationTimestamp();
    }
    row.persist();
    if (spec.metrics() != null && (fresh || MetricRow.count("version", row) == 0)) {
      figures(row, spec.metrics().before(), spec.metrics().after());
    }
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

  @Override
  @Transactional
  public List<Unlisted> unlisted() {
    return entities
        .createQuery(
            "select v.model.namespace, v.model.name, v.model.uid, v.number, v.digest, v.factsTotal"
                + " from VersionRow v where v.listed = false order by v.id",
            Waiting.class)
        .getResultStream()
        .map(Waiting::version)
        .toList();
  }

  record Waiting(
      String namespace, String model, String uid, int number, String digest, Integer facts) {
    Unlisted version() {
      return new Unlisted(namespace, model, uid, "v" + number, digest, facts == null ? 0 : facts);
    }
  }

  @Override
  @Transactional
  public void lacks(List<Unlisted> versions, String reason) {
    for (Unlisted version : versions) {
      waiting(version)
          .filter(row -> !reason.equals(row.lacks))
          .ifPresent(
              row -> {
                row.lacks = reason;
                LOG.warnf(
                    "The registry lacks the facts of %s@%s in namespace %s: %s",
                    version.model(), version.version(), version.namespace(), reason);
              });
    }
  }

  private static Optional<VersionRow> waiting(Unlisted version) {
    return VersionRow.find(
            "model.uid = ?1 and number = ?2 and digest = ?3 and listed = false",
            version.modelUid(),
            number(version.version()),
            version.digest())
        .firstResultOptional();
  }

  /** Reads a version's lines to their end even when nobody waits for it any more. */
  @Override
  public void listed(Unlisted version, ListedVersion told, Iterator<ListingLine> lines) {
    QuarkusTransaction.joiningExisting()
        .timeout(LONGEST_SECONDS)
        .run(() -> write(version, told, lines));
  }

  private void write(Unlisted version, ListedVersion told, Iterator<ListingLine> lines) {
    Optional<VersionRow> found = waiting(version);
    ArrayNode tensors = JsonNodeFactory.instance.arrayNode();
    ListingLine.End end;
    if (found.isEmpty()) {
      end = facts(lines, tensors, fact -> {});
    } else {
      VersionRow row = found.get();
      // What is there is from before the registry was made again.
      FactRow.delete("version", row);
      StageRow.delete("version", row);
      stages(row, told);
      entities.flush();
      end = insert(row, lines, tensors);
      row.createdAt = told.createdAt();
      row.changed = tensors.toString();
      row.listed = true;
      row.lacks = null;
    }
    if (end.cut() > 0) {
      LOG.warnf(
          "%d tensors and facts of %s@%s in namespace %s are too long for the registry",
          end.cut(), version.model(), version.version(), version.namespace());
    }
  }

  private static void stages(VersionRow version, ListedVersion told) {
    int position = 0;
    for (ListedVersion.Stage stage : told.stages()) {
      StageRow row = new StageRow();
      row.version = version;
      row.position = position++;
      row.name = stage.name();
      row.seconds = stage.seconds();
      row.unit = stage.unit();
      row.items = stage.items();
      row.persist();
    }
  }

  private ListingLine.End insert(
      VersionRow version, Iterator<ListingLine> lines, ArrayNode tensors) {
    StatelessSession session =
        entities.unwrap(Session.class).statelessWithOptions().connection().openStatelessSession();
    try (session) {
      session.setJdbcBatchSize(BATCH);
      List<Object> batch = new ArrayList<>();
      int[] position = {0};
      ListingLine.End end =
          facts(
              lines,
              tensors,
              fact -> {
                batch.add(row(version, position[0]++, fact));
                if (batch.size() == BATCH) {
                  session.insertMultiple(batch);
                  batch.clear();
                }
              });
      session.insertMultiple(batch);
      return end;
    }
  }

  /** Reads the lines of a version: all, or it is not taken. */
  private static ListingLine.End facts(
      Iterator<ListingLine> lines, ArrayNode tensors, Consumer<ListedFact> visitor) {
    long facts = 0;
    while (lines.hasNext()) {
      ListingLine line = lines.next();
      if (line.tensor() != null) {
        tensors.add(line.tensor());
      } else if (line.fact() != null) {
        facts++;
        visitor.accept(line.fact());
      } else if (line.end() != null && line.end().facts() == facts) {
        return line.end();
      } else {
        break;
      }
    }
    throw new InputException("a listing ends before its versions do");
  }

  private static FactRow row(VersionRow version, int position, ListedFact fact) {
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
    row.verified = fact.verified();
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

  /**
   * Takes nothing for granted that is here: versions are to be listed again. Until then their facts
   * stay as they are.
   */
  @Transactional
  public void doubt() {
    entities.flush();
    MetricRow.deleteAll();
    VersionRow.update("listed = false, lacks = null");
    entities.clear();
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
