package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A prompt about another subject. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record InlineNeighbour(
    @Required @Size(min = 1, max = 2048) @JsonPropertyDescription("Full prompt.") String prompt,
    @Size(max = 512) @JsonPropertyDescription("The true answer.") String target) {}
