package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** What a model is made of and where its versions lie. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelSpec(
    @Required
        @ValidationRule(value = "self == oldSelf", message = "is immutable; create another Model")
        @JsonPropertyDescription("Where the base checkpoint comes from; it becomes version 0.")
        ModelSource source,
    @JsonPropertyDescription("Where the versions are kept; absent: the store of the installation.")
        ModelStorage storage,
    @Pattern("^v(0|[1-9][0-9]{0,8})$") @Size(max = 10) @JsonPropertyDescription("The version that serving reads; absent: what jobs promote.")
        String current) {}
