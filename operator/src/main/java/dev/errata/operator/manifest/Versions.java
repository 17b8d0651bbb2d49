package dev.errata.operator.manifest;

import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.WorkerReport;
import dev.errata.api.resource.Gate;
import dev.errata.api.resource.ModelVersionSpec;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.List;
import java.util.Map;

/** ModelVersions as workers report them. */
public final class Versions {
  private Versions() {}

  /**
   * The ModelVersion of a report.
   *
   * @param editJob name of the job that made it; null for the base
   * @param gates what had to hold; may be null
   */
  public static ModelVersion of(
      Model model, String editJob, List<Gate> gates, WorkerReport report) {
    ModelVersion version = new ModelVersion();
    String name = model.getMetadata().getName();
    version.setMetadata(
        new ObjectMetaBuilder()
            .withName(Names.version(name, report.version()))
            .withNamespace(model.getMetadata().getNamespace())
            .withLabels(Map.of(Labels.MANAGED_BY, Labels.OPERATOR, Labels.MODEL, name))
            .withOwnerReferences(StageJobs.owner(model))
            .build());
    ModelVersionSpec.Metrics metrics =
        report.before() == null && report.after() == null
            ? null
            : new ModelVersionSpec.Metrics(report.before(), report.after());
    version.setSpec(
        new ModelVersionSpec(
            name,
            report.version(),
            report.parent(),
            editJob,
            ModelVersionSpec.State.valueOf(report.state()),
            report.reason(),
            report.facts(),
            report.method(),
            metrics,
            gates,
            report.digest(),
            report.sizeBytes()));
    return version;
  }
}
