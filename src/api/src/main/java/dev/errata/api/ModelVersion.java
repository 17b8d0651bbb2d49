package dev.errata.api;

import dev.errata.api.resource.ModelVersionSpec;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** A version of a model as a cluster knows it: made by the operator, owned by its {@link Model}. */
@Group(Resources.GROUP)
@Version(Resources.VERSION)
@Plural("modelversions")
@ShortNames("mv")
@AdditionalPrinterColumn(
    name = "Model",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.model")
@AdditionalPrinterColumn(
    name = "Version",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.version")
@AdditionalPrinterColumn(
    name = "Parent",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.parent")
@AdditionalPrinterColumn(
    name = "State",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.state")
@AdditionalPrinterColumn(
    name = "Facts",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".spec.facts.total")
@AdditionalPrinterColumn(
    name = "Age",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".metadata.creationTimestamp")
public class ModelVersion extends CustomResource<ModelVersionSpec, Void> implements Namespaced {
  private static final long serialVersionUID = 1L;

  @Override
  protected ModelVersionSpec initSpec() {
    return null;
  }
}
