package dev.errata.worker;

import dev.errata.api.WorkerReport;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.Stage;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionManifest;
import dev.errata.editing.checkpoint.store.VersionRef;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.pipeline.EditRequest;
import dev.errata.editing.pipeline.JobReport;
import java.util.Map;
import java.util.TreeMap;

/** What pods tell the operator. */
final class PodReports {
  private static final int REASON = 1024;

  private PodReports() {}

  static WorkerReport imported(VersionStore store, Version base) {
    try (Checkpoint checkpoint = base.openCheckpoint()) {
      String family = checkpoint.config().path("model_type").asText(null);
      long parameters =
          checkpoint.tensorNames().stream().mapToLong(n -> checkpoint.tensor(n).elements()).sum();
      return of(store, Stage.Import, base, null, family, parameters);
    }
  }

  static WorkerReport promoted(VersionStore store, Version version) {
    return of(store, null, version, null, null, null);
  }

  static WorkerReport moved(String current) {
    return new WorkerReport(
        null, null, null, null, null, current, null, null, null, null, null, null, null, null,
        null);
  }

  /** A stage that is done, of a job that is not. */
  static WorkerReport pending(Stage stage, EditRequest request) {
    return new WorkerReport(
        stage,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        new FactCounts(request.facts().facts().size(), null, null, null),
        null,
        null,
        null,
        null);
  }

  /** The result of a job. */
  static WorkerReport result(VersionStore store, Stage stage, JobReport result) {
    Version version = store.version(result.model() + "@" + result.version());
    WorkerReport told = of(store, stage, version, result, null, null);
    if (!result.state().equals("Unchanged")) {
      return told;
    }
    return new WorkerReport(
        stage,
        "Unchanged",
        clip(result.reason()),
        null,
        null,
        told.current(),
        told.latest(),
        null,
        null,
        null,
        told.facts(),
        null,
        null,
        null,
        null);
  }

  private static WorkerReport of(
      VersionStore store,
      Stage stage,
      Version version,
      JobReport result,
      String family,
      Long parameters) {
    VersionManifest manifest = version.manifest();
    long bytes = manifest.files().stream().mapToLong(VersionManifest.StoredFile::size).sum();
    return new WorkerReport(
        stage,
        manifest.state().name(),
        clip(manifest.reason()),
        "v" + manifest.version(),
        manifest.parent() == null ? null : "v" + manifest.parent(),
        "v" + store.model(manifest.model()).current(),
        "v" + store.version(VersionRef.of(manifest.model(), "latest")).manifest().version(),
        manifest.digest(),
        bytes,
        manifest.method(),
        result == null ? null : counts(result.facts()),
        result == null ? null : figures(result.metrics().before()),
        result == null ? null : figures(result.metrics().after()),
        family,
        parameters);
  }

  private static FactCounts counts(JobReport.FactsReport facts) {
    return new FactCounts(
        facts.total(), facts.verified(), facts.failed().size(), facts.noop().size());
  }

  private static Map<String, Double> figures(Map<String, Object> metrics) {
    Map<String, Double> figures = new TreeMap<>();
    metrics.forEach(
        (name, value) -> {
          if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
            figures.put(name, Math.round(number.doubleValue() * 1e6) / 1e6);
          }
        });
    return figures;
  }

  private static String clip(String text) {
    return text == null || text.length() <= REASON ? text : text.substring(0, REASON - 2) + " …";
  }
}
