package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** What became of the facts. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FactCounts(
    @JsonPropertyDescription("Facts in the job.") Integer total,
    @JsonPropertyDescription("Facts that hold after the edit.") Integer verified,
    @JsonPropertyDescription("Facts that do not.") Integer failed,
    @JsonPropertyDescription("Facts that held before.") Integer noop) {}
