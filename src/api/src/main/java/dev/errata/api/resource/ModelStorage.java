package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Where the versions of a model are kept. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "has(self.uri) != has(self.claim)",
    message = "exactly one of uri, claim must be set")
@ValidationRule(value = "!has(self.secret) || has(self.uri)", message = "secret belongs to uri")
public record ModelStorage(
    @Size(min = 1, max = 2048) @JsonPropertyDescription("A folder: a path, relative to the manifest, or a URI.")
        String uri,
    @Size(min = 1, max = 253) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$") @JsonPropertyDescription("Name of a PersistentVolumeClaim in the namespace of the model.")
        String claim,
    @Size(min = 1, max = 253) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$") @JsonPropertyDescription(
            "Name of a Secret whose entries all workers of the model get as environment, such as AWS_ACCESS_KEY_ID.")
        String secret) {}
