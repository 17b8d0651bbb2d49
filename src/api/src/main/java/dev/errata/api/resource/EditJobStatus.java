package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** How far a job is. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EditJobStatus(
    @JsonPropertyDescription("Generation of the spec that this status speaks of.")
        Long observedGeneration,
    @JsonPropertyDescription("The stage that runs or ran last.") Stage stage,
    @JsonPropertyDescription("How far the stage is; absent while that is unknown.")
        Progress progress,
    @Size(max = 10) @JsonPropertyDescription("The version that the job started from.") String from,
    @Size(max = 10) @JsonPropertyDescription("The version that the job published.") String version,
    @Size(max = 96) @JsonPropertyDescription("Content address of that version.") String digest,
    @JsonPropertyDescription("What became of the facts.") FactCounts facts,
    @Size(max = 40) @JsonPropertyDescription("When the work began, RFC 3339.") String startTime,
    @Size(max = 40) @JsonPropertyDescription("When it ended, RFC 3339.") String completionTime,
    @JsonPropertyDescription("Seconds of work before the last suspension.") Long activeSeconds,
    @JsonPropertyDescription("How often the job started again from another version.")
        Integer rebases,
    @JsonPropertyDescription("How often shards have failed.") Integer failures,
    @Size(max = 8) @JsonPropertyDescription("What holds for the job now.")
        List<Condition> conditions) {}
