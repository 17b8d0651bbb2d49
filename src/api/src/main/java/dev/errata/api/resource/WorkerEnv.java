package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A variable of the worker's environment: its value, or the key of a Secret that holds it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "has(self.value) != has(self.secret)",
    message = "exactly one of value, secret must be set")
@ValidationRule(
    value = "!self.name.startsWith('ERRATA_') && self.name != 'JOB_COMPLETION_INDEX'",
    message = "names that begin with ERRATA_, and JOB_COMPLETION_INDEX, belong to the operator")
public record WorkerEnv(
    @Required
        @Size(min = 1, max = 128) @Pattern("^[A-Za-z_][A-Za-z0-9_]*$") @JsonPropertyDescription("Name of the variable.")
        String name,
    @Size(max = 4096) @JsonPropertyDescription("Its value.") String value,
    @JsonPropertyDescription("Where its value is.") SecretKey secret) {
  /** One entry of a Secret. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record SecretKey(
      @Required
          @Size(min = 1, max = 253) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$") @JsonPropertyDescription("Name of the Secret.")
          String name,
      @Required
          @Size(min = 1, max = 253) @Pattern("^[-._a-zA-Z0-9]+$") @JsonPropertyDescription("Key of its data.")
          String key) {}
}
