package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/** A bound on a metric after the edit. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "has(self.minimum) || has(self.maximum)",
    message = "minimum or maximum must be set")
@ValidationRule(
    value = "!has(self.minimum) || !has(self.maximum) || self.minimum <= self.maximum",
    message = "minimum must not be above maximum")
public record Gate(
    @Required @JsonPropertyDescription("The figure.") Metric metric,
    @Min(-1e9) @Max(1e9) @JsonPropertyDescription("The least that passes.") Double minimum,
    @Min(-1e9) @Max(1e9) @JsonPropertyDescription("The most that passes.") Double maximum) {}
