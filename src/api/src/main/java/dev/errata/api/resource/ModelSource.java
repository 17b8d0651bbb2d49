package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** Where a base checkpoint comes from. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelSource(
    @Required
        @Size(min = 1, max = 2048) @JsonPropertyDescription(
            "A folder with a Hugging Face checkpoint in safetensors: a path, relative to the manifest, or a URI.")
        String uri) {}
