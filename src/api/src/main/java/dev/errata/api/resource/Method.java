package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/** An edit method and its settings. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.type == 'AlphaEdit' || !has(self.alphaEdit)",
    message = "alphaEdit needs the type AlphaEdit")
@ValidationRule(
    value = "self.type == 'MEMIT' || !has(self.memit) || !has(self.memit.lambda)",
    message = "lambda belongs to MEMIT; AlphaEdit has alphaEdit.l2")
public record Method(
    @Required @JsonPropertyDescription("The method.") Type type,
    @JsonPropertyDescription(
            "Settings of MEMIT and, but for lambda, of AlphaEdit, which finds its values as MEMIT does; each that is absent comes from the preset of the model.")
        Memit memit,
    @JsonPropertyDescription("Settings of AlphaEdit alone.") AlphaEdit alphaEdit,
    @Default("true")
        @JsonPropertyDescription(
            "Whether the facts of the versions before this one are kept: their keys go into the solve as what must not change.")
        Boolean keepEarlier) {
  /** The edit methods of this release. */
  public enum Type {
    /** Mass editing of memories in a transformer (Meng et al. 2023, arXiv 2210.07229). */
    MEMIT,
    /** Changes in the null space of what the model knows (Fang et al. 2025, arXiv 2410.02355). */
    AlphaEdit
  }
}
