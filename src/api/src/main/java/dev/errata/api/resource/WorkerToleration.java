package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;

/** A taint of nodes that is tolerated; the words are those of a pod. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record WorkerToleration(
    @Size(max = 317) @JsonPropertyDescription("Key of the taint; absent with Exists: all.")
        String key,
    @Default("Equal") @JsonPropertyDescription("How the value is compared.") Operator operator,
    @Size(max = 63) @JsonPropertyDescription("Value of the taint.") String value,
    @JsonPropertyDescription("Effect of the taint; absent: all.") Effect effect,
    @JsonPropertyDescription("Seconds for which NoExecute is tolerated; absent: for ever.")
        Long tolerationSeconds) {
  /** How the value of a taint is compared. */
  public enum Operator {
    /** The value is the same. */
    Equal,
    /** Any value. */
    Exists
  }

  /** What a taint does. */
  public enum Effect {
    /** No new pods. */
    NoSchedule,
    /** New pods only when nothing else is free. */
    PreferNoSchedule,
    /** Running pods leave. */
    NoExecute
  }
}
