package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** Settings of MEMIT; each that is absent comes from the preset of the model's family and size. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "!(has(self.lambda) && has(self.residualShare))",
    message = "at most one of lambda, residualShare may be set")
@ValidationRule(
    value =
        "!has(self.valueLayer) || !has(self.layers) || self.layers.all(layer, layer <= self.valueLayer)",
    message = "valueLayer must not lie below an edited layer")
public record Memit(
    @Size(min = 1, max = 64) @JsonPropertyDescription("The layers to edit, counted from 0.")
        List<@Min(0) @Max(1023) Integer> layers,
    @Min(0) @Max(1023) @JsonPropertyDescription(
            "The layer at whose output the values are found; absent: the last edited one.")
        Integer valueLayer,
    @Min(1) @Max(1000) @JsonPropertyDescription("Most steps of the optimiser for a value.")
        Integer valueSteps,
    @Min(value = 0, inclusive = false) @Max(10) @JsonPropertyDescription("Step size of the optimiser.")
        Double learningRate,
    @Min(value = 0, inclusive = false) @Max(1000) @JsonPropertyDescription(
            "Longest change of a value, as a multiple of the length of the hidden state.")
        Double clamp,
    @Min(0) @Max(1000) @JsonPropertyDescription("Weight of the length of the change in the loss.")
        Double weightDecay,
    @Min(0) @Max(1000) @JsonPropertyDescription("Weight of the drift on what is to be preserved.")
        Double klFactor,
    @Min(value = 0, inclusive = false) @Max(1e12) @JsonPropertyDescription(
            "Weight of what the layers have learnt already; absent: scaled to the model.")
        Double lambda,
    @Min(value = 0, inclusive = false) @Max(value = 1, inclusive = false) @JsonPropertyDescription(
            "Share of the residual that the first edited layer may leave; lambda is chosen to reach it.")
        Double residualShare,
    @Min(0) @Max(100) @JsonPropertyDescription(
            "Sampled texts that stand before the prompt while values are found.")
        Integer prefixes,
    @Min(1) @Max(100) @JsonPropertyDescription("Length of such a text in tokens.")
        Integer prefixTokens,
    @Min(0) @Max(64) @JsonPropertyDescription(
            "How many of the job's other templates are protected for each subject.")
        Integer preserve,
    @Min(0) @Max(20) @JsonPropertyDescription("How often facts that failed are tried again.")
        Integer refinements,
    @Min(64) @Max(16777216) @JsonPropertyDescription(
            "Tokens in one batch of the optimiser; absent: what memory allows.")
        Integer batchTokens) {}
