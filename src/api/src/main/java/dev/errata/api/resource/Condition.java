package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** One thing that holds or does not, as in metav1.Condition. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Condition(
    @Required @Size(min = 1, max = 316) @JsonPropertyDescription("What it is about.") String type,
    @Required @JsonPropertyDescription("Whether it holds.") Status status,
    @Min(0) @JsonPropertyDescription("Generation of the spec that it speaks of.")
        Long observedGeneration,
    @Required @Size(max = 40) @JsonPropertyDescription("When the status changed last, RFC 3339.")
        String lastTransitionTime,
    @Required
        @Size(min = 1, max = 128) @Pattern("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$") @JsonPropertyDescription("One word from a closed list.")
        String reason,
    @Required @Size(max = 2048) @JsonPropertyDescription("One sentence for a person.")
        String message) {
  /** Whether a condition holds. */
  public enum Status {
    /** It holds. */
    True,
    /** It does not. */
    False,
    /** Nobody knows. */
    Unknown
  }
}
