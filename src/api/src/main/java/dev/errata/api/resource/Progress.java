package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;

/** How far a stage is; only the latest is kept. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Progress(
    @JsonPropertyDescription("Items done.") Long done,
    @JsonPropertyDescription("Items in all.") Long total,
    @Size(max = 8) @JsonPropertyDescription("Share done, such as 68%.") String percent,
    @JsonPropertyDescription("Rate of the last minute.") Double itemsPerSecond,
    @JsonPropertyDescription("Seconds left at that rate.") Long secondsLeft,
    @Size(max = 40) @JsonPropertyDescription("When this was written, RFC 3339.") String updated) {}
