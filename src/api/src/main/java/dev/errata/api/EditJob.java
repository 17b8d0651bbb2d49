package dev.errata.api;

import dev.errata.api.resource.EditJobSpec;
import dev.errata.api.resource.EditJobStatus;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** Turns a version of a model, facts and a method into the model's next version. */
@Group(Resources.GROUP)
@Version(Resources.VERSION)
@Plural("editjobs")
@ShortNames("ej")
@ValidationRule(
    value = "size(self.metadata.name) <= 50",
    message = "metadata.name must have at most 50 characters: names of pods are made from it")
@AdditionalPrinterColumn(
    name = "Model",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.model")
@AdditionalPrinterColumn(
    name = "Facts",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.facts.total")
@AdditionalPrinterColumn(
    name = "Stage",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.stage")
@AdditionalPrinterColumn(
    name = "Progress",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.progress.percent")
@AdditionalPrinterColumn(
    name = "Version",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.version")
@AdditionalPrinterColumn(
    name = "Age",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".metadata.creationTimestamp")
public class EditJob extends CustomResource<EditJobSpec, EditJobStatus> implements Namespaced {
  private static final long serialVersionUID = 1L;

  @Override
  protected EditJobSpec initSpec() {
    return null;
  }

  @Override
  protected EditJobStatus initStatus() {
    return null;
  }
}
