package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** One entry of a ConfigMap. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ConfigMapKey(
    @Required
        @Size(min = 1, max = 253) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$") @JsonPropertyDescription("Name of the ConfigMap.")
        String name,
    @Required
        @Size(min = 1, max = 253) @Pattern("^[-._a-zA-Z0-9]+$") @JsonPropertyDescription("Key of its data.")
        String key) {}
