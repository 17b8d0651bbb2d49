package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Where a base checkpoint comes from. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value =
        "!has(self.claim) || !(self.uri.startsWith('/') || self.uri.contains('..') || self.uri.contains(':'))",
    message = "with claim, uri is a path inside it, such as llama/base")
public record ModelSource(
    @Required
        @Size(min = 1, max = 2048) @JsonPropertyDescription(
            "A folder with a Hugging Face checkpoint in safetensors: a path, relative to the manifest, or a URI.")
        String uri,
    @Size(min = 1, max = 253) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$") @JsonPropertyDescription(
            "Name of a PersistentVolumeClaim in the namespace of the model; uri is a path inside it then.")
        String claim,
    @Size(min = 1, max = 253) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$") @JsonPropertyDescription(
            "Name of a Secret whose entries the import gets as environment, such as AWS_ACCESS_KEY_ID.")
        String secret) {}
