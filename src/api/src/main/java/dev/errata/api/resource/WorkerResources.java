package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;

/** What each pod asks for, such as nvidia.com/gpu. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record WorkerResources(
    @Size(max = 16) @JsonPropertyDescription("What the scheduler sets aside.")
        Map<String, Quantity> requests,
    @Size(max = 16) @JsonPropertyDescription("What may not be exceeded.")
        Map<String, Quantity> limits) {}
