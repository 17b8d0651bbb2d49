package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** An edit method and its settings. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Method(
    @Required @JsonPropertyDescription("The method.") Type type,
    @JsonPropertyDescription(
            "Settings of MEMIT; each that is absent comes from the preset of the model.")
        Memit memit) {
  /** The edit methods of this release. */
  public enum Type {
    /** Mass editing of memories in a transformer (Meng et al. 2023, arXiv 2210.07229). */
    MEMIT
  }
}
