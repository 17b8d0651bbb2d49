package dev.errata.operator.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.operator.registry.Answers.Counts;
import dev.errata.operator.registry.Answers.DiffAnswer;
import dev.errata.operator.registry.Answers.FactAnswer;
import dev.errata.operator.registry.Answers.Figure;
import dev.errata.operator.registry.Answers.FigureOfVersion;
import dev.errata.operator.registry.Answers.JobAnswer;
import dev.errata.operator.registry.Answers.Listing;
import dev.errata.operator.registry.Answers.ModelAnswer;
import dev.errata.operator.registry.Answers.StageAnswer;
import dev.errata.operator.registry.Answers.TensorAnswer;
import dev.errata.operator.registry.Answers.VersionAnswer;
import io.quarkus.panache.common.Sort;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Answers what is asked of models, versions and jobs. */
@ApplicationScoped
@Transactional
public class RegistryReader {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final FactSearch search;

  RegistryReader(FactSearch search) {
    this.search = search;
  }

  /** The models of a namespace, by name. */
  public List<ModelAnswer> models(String namespace) {
    return ModelRow.<ModelRow>list("namespace", Sort.by("name"), namespace).stream()
        .map(RegistryReader::answer)
        .toList();
  }

  /** A model. */
  public Optional<ModelAnswer> model(String namespace, String name) {
    return row(namespace, name).map(RegistryReader::answer);
  }

  private static Optional<ModelRow> row(String namespace, String name) {
    return ModelRow.find("namespace = ?1 and name = ?2", namespace, name).firstResultOptional();
  }

  private static ModelAnswer answer(ModelRow row) {
    return new ModelAnswer(
        row.namespace,
        row.name,
        row.family,
        row.parameters,
        row.source,
        row.current,
        row.latest,
        VersionRow.count("model", row));
  }

  /** The versions of a model with their figures, oldest first; empty without such a model. */
  public Optional<List<VersionAnswer>> versions(String namespace, String model) {
    return row(namespace, model).map(row -> answers(rows(row)));
  }

  private static List<VersionRow> rows(ModelRow model) {
    return VersionRow.list("model", Sort.by("number"), model);
  }

  /** A version. */
  public Optional<VersionAnswer> version(String namespace, String model, int number) {
    return row(namespace, model)
        .flatMap(row -> found(row, number))
        .map(row -> answers(List.of(row)).get(0));
  }

  private static Optional<VersionRow> found(ModelRow model, int number) {
    return VersionRow.find("model = ?1 and number = ?2", model, number).firstResultOptional();
  }

  private static List<VersionAnswer> answers(List<VersionRow> rows) {
    Map<Long, Map<String, Figure>> metrics = new HashMap<>();
    Map<Long, List<StageAnswer>> stages = new HashMap<>();
    for (VersionRow row : rows) {
      metrics.put(row.id, new TreeMap<>());
      stages.put(row.id, new ArrayList<>());
    }
    MetricRow.<MetricRow>list("version.id in ?1", metrics.keySet())
        .forEach(m -> metrics.get(m.version.id).put(m.name, new Figure(m.before, m.after)));
    StageRow.<StageRow>list("version.id in ?1", Sort.by("position"), stages.keySet())
        .forEach(
            s -> stages.get(s.version.id).add(new StageAnswer(s.name, s.seconds, s.unit, s.items)));
    return rows.stream().map(r -> answer(r, metrics.get(r.id), stages.get(r.id))).toList();
  }

  private static VersionAnswer answer(
      VersionRow row, Map<String, Figure> metrics, List<StageAnswer> stages) {
    String version = "v" + row.number;
    return new VersionAnswer(
        row.model.name,
        version,
        row.parent == null ? null : "v" + row.parent,
        row.editJob,
        row.state,
        row.reason,
        row.method,
        row.digest,
        row.sizeBytes,
        row.factsTotal == null
            ? null
            : new Counts(row.factsTotal, row.factsVerified, row.factsFailed, row.factsNoop),
        metrics,
        stages,
        row.createdAt,
        version.equals(row.model.current),
        new Listing(row.listed, row.lacks));
  }

  /** The figures of a model over its versions, by name; empty without such a model. */
  public Optional<Map<String, List<FigureOfVersion>>> figures(String namespace, String model) {
    return versions(namespace, model)
        .map(
            versions -> {
              Map<String, List<FigureOfVersion>> figures = new TreeMap<>();
              for (VersionAnswer version : versions) {
                version
                    .metrics()
                    .forEach(
                        (name, figure) ->
                            figures
                                .computeIfAbsent(name, n -> new ArrayList<>())
                                .add(
                                    new FigureOfVersion(
                                        version.version(),
                                        version.state(),
                                        figure.before(),
                                        figure.after())));
              }
              return figures;
            });
  }

  /** A version and those that it was made from, newest first; empty without such a version. */
  public List<VersionAnswer> lineage(String namespace, String model, int number) {
    return row(namespace, model).map(row -> answers(ancestors(row, number))).orElse(List.of());
  }

  private static List<VersionRow> ancestors(ModelRow model, int number) {
    Map<Integer, VersionRow> all = new LinkedHashMap<>();
    rows(model).forEach(row -> all.put(row.number, row));
    List<VersionRow> line = new ArrayList<>();
    // Each is removed, so that versions that name each other as parents end this too.
    for (VersionRow row = all.remove(number); row != null; ) {
      line.add(row);
      row = row.parent == null ? null : all.remove(row.parent);
    }
    return line;
  }

  /**
   * What was done between two versions.
   *
   * @param most facts to list
   * @return empty when one of them is unknown or does not descend from the other
   */
  public Optional<DiffAnswer> diff(String namespace, String model, int from, int to, int most) {
    Optional<ModelRow> found = row(namespace, model);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    List<VersionRow> between = new ArrayList<>();
    boolean reached = false;
    for (VersionRow row : ancestors(found.get(), to)) {
      if (row.number == from) {
        reached = true;
        break;
      }
      between.add(row);
    }
    if (!reached) {
      return Optional.empty();
    }
    Collections.reverse(between);
    List<FactAnswer> facts = search.of(between, most + 1);
    boolean more = facts.size() > most;
    return Optional.of(
        new DiffAnswer(
            model,
            "v" + from,
            "v" + to,
            between.stream().map(row -> "v" + row.number).toList(),
            more ? facts.subList(0, most) : facts,
            more,
            between.stream().flatMap(row -> tensors(row).stream()).toList(),
            figures(between)));
  }

  private static List<TensorAnswer> tensors(VersionRow row) {
    List<TensorAnswer> tensors = new ArrayList<>();
    if (row.changed != null) {
      try {
        for (JsonNode change : JSON.readTree(row.changed)) {
          tensors.add(new TensorAnswer("v" + row.number, change));
        }
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("the changes of version " + row.id + " are no JSON", e);
      }
    }
    return tensors;
  }

  /** Before the first of them, and after the last. */
  private static Map<String, Figure> figures(List<VersionRow> line) {
    Map<String, Figure> figures = new TreeMap<>();
    if (line.isEmpty()) {
      return figures;
    }
    MetricRow.<MetricRow>list("version", line.get(line.size() - 1))
        .forEach(m -> figures.put(m.name, new Figure(null, m.after)));
    MetricRow.<MetricRow>list("version", line.get(0))
        .forEach(
            m -> {
              Figure last = figures.get(m.name);
              figures.put(m.name, new Figure(m.before, last == null ? null : last.after()));
            });
    return figures;
  }

  /** The jobs of a namespace, newest first. */
  public List<JobAnswer> jobs(String namespace, String model, int most) {
    var query =
        model == null
            ? JobRow.<JobRow>find("namespace = ?1", Sort.descending("createdAt", "name"), namespace)
            : JobRow.<JobRow>find(
                "namespace = ?1 and model = ?2",
                Sort.descending("createdAt", "name"),
                namespace,
                model);
    return query.page(0, most).list().stream()
        .map(
            row ->
                new JobAnswer(
                    row.name,
                    row.uid,
                    row.model,
                    row.stage,
                    row.state,
                    row.reason,
                    row.from,
                    row.version,
                    row.factsTotal,
                    row.createdAt,
                    row.startTime,
                    row.completionTime))
        .toList();
  }
}
