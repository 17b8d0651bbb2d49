package dev.errata.api;

import dev.errata.api.resource.ModelSpec;
import dev.errata.api.resource.ModelStatus;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;

/** A lineage: one imported base checkpoint, which is version 0, and all versions made from it. */
@Group(Resources.GROUP)
@Version(Resources.VERSION)
@Plural("models")
@ValidationRule(
    value = "size(self.metadata.name) <= 63",
    message = "metadata.name must have at most 63 characters: it is used as a label")
@AdditionalPrinterColumn(
    name = "Family",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.family")
@AdditionalPrinterColumn(
    name = "Parameters",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.parameters")
@AdditionalPrinterColumn(
    name = "Current",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.current")
@AdditionalPrinterColumn(
    name = "Latest",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.latest")
@AdditionalPrinterColumn(
    name = "Age",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".metadata.creationTimestamp")
public class Model extends CustomResource<ModelSpec, ModelStatus> implements Namespaced {
  private static final long serialVersionUID = 1L;

  @Override
  protected ModelSpec initSpec() {
    return null;
  }

  @Override
  protected ModelStatus initStatus() {
    return null;
  }
}
