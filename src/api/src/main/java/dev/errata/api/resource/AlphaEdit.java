package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;

/** Settings of AlphaEdit beside those that it shares with MEMIT. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "!(has(self.nullSpaceShare) && has(self.nullSpaceRank))",
    message = "at most one of nullSpaceShare, nullSpaceRank may be set")
public record AlphaEdit(
    @Min(value = 0, inclusive = false) @Max(1e12) @JsonPropertyDescription(
            "Weight of the length of the change; absent: chosen so that the first edited layer leaves memit.residualShare.")
        Double l2,
    @Min(value = 0, inclusive = false) @Max(value = 1, inclusive = false) @JsonPropertyDescription(
            "Share of the trace of a layer's second moment that its null space may hold.")
        Double nullSpaceShare,
    @Min(1) @Max(1048576) @JsonPropertyDescription(
            "How many leading directions of a layer's keys are off its null space.")
        Integer nullSpaceRank) {}
