package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** What is measured before and after, and what must hold. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Evaluation(
    @Size(min = 1, max = 16) @JsonPropertyDescription("What is measured; absent: all that the facts allow.")
        List<Suite> suites,
    @Size(max = 32) @JsonPropertyDescription(
            "What must hold after the edit; a version that misses a gate is stored as Rejected.")
        List<Gate> require,
    @Size(min = 1, max = 2048) @JsonPropertyDescription(
            "Held-out text for the perplexity: a path, relative to the manifest, or a URI.")
        String text) {}
