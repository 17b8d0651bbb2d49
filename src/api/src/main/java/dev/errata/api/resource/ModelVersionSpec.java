package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;

/** What is known of a version; it never changes, as the version's files never do. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self == oldSelf",
    message = "is immutable; a version never changes once it is published")
public record ModelVersionSpec(
    @Required @Size(min = 1, max = 63) @JsonPropertyDescription("Name of its Model.") String model,
    @Required
        @Pattern("^v(0|[1-9][0-9]{0,8})$") @Size(max = 10) @JsonPropertyDescription("Its number, such as v3.")
        String version,
    @Pattern("^v(0|[1-9][0-9]{0,8})$") @Size(max = 10) @JsonPropertyDescription("The version that it was made from; absent for v0.")
        String parent,
    @Size(max = 63) @JsonPropertyDescription("Name of the EditJob that made it; absent for v0.")
        String editJob,
    @Required @JsonPropertyDescription("Whether it passed its gates.") State state,
    @Size(max = 2048) @JsonPropertyDescription("Why it was rejected.") String reason,
    @JsonPropertyDescription("What became of the facts.") FactCounts facts,
    @Size(max = 32) @JsonPropertyDescription("Name of the edit method.") String method,
    @JsonPropertyDescription("What was measured.") Metrics metrics,
    @Size(max = 32) @JsonPropertyDescription("What had to hold.") List<Gate> gates,
    @Required @Size(max = 96) @JsonPropertyDescription("Content address of the checkpoint.")
        String digest,
    @Min(0) @JsonPropertyDescription("Bytes of the checkpoint; most may be shared with its parent.")
        Long sizeBytes) {
  /** Whether a version may be served. */
  public enum State {
    /** It passed every gate. */
    Published,
    /** It missed a gate; kept for inspection, never promoted by itself. */
    Rejected
  }

  /** Figures by the names of metrics. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Metrics(
      @Size(max = 32) @JsonPropertyDescription("Of the parent.") Map<String, Double> before,
      @Size(max = 32) @JsonPropertyDescription("Of this version.") Map<String, Double> after) {}
}
