package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A question whose answer follows from a fact. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record InlineQuestion(
    @Required @Size(min = 1, max = 2048) @JsonPropertyDescription("Full prompt.") String prompt,
    @Required @Size(min = 1, max = 512) @JsonPropertyDescription("The answer after the edit.")
        String answer) {}
