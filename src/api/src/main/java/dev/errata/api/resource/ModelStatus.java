package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** What is known about a model. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelStatus(
    @JsonPropertyDescription("Generation of the spec that this status speaks of.")
        Long observedGeneration,
    @Size(max = 64) @JsonPropertyDescription("Architecture, such as Llama or Qwen3.") String family,
    @JsonPropertyDescription("Number of weights.") Long parameters,
    @Size(max = 10) @JsonPropertyDescription("The version that serving reads.") String current,
    @Size(max = 10) @JsonPropertyDescription("The newest published version.") String latest,
    @Size(max = 96) @JsonPropertyDescription("Content address of the current version.")
        String digest,
    @Size(max = 8) @JsonPropertyDescription("What holds for the model now.")
        List<Condition> conditions) {}
