package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** What a job is to do. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "has(self.managedBy) == has(oldSelf.managedBy)",
    message = "managedBy is immutable; create another EditJob")
public record EditJobSpec(
    @Required
        @Size(min = 1, max = 63) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$") @ValidationRule(value = "self == oldSelf", message = "is immutable; create another EditJob")
        @JsonPropertyDescription("Name of the Model to edit.")
        String model,
    @Default("Current")
        @Pattern("^(Current|Latest|Base|v(0|[1-9][0-9]{0,8}))$") @Size(max = 10) @ValidationRule(value = "self == oldSelf", message = "is immutable; create another EditJob")
        @JsonPropertyDescription(
            "The version to start from: Current, Latest, Base (version 0) or a version such as v3.")
        String from,
    @Default("Rebase")
        @JsonPropertyDescription(
            "What to do when another job has published a version from the same one in the meantime.")
        OnConflict onConflict,
    @Required
        @ValidationRule(value = "self == oldSelf", message = "is immutable; create another EditJob")
        @JsonPropertyDescription("The facts to write.")
        FactsSource facts,
    @Required
        @ValidationRule(value = "self == oldSelf", message = "is immutable; create another EditJob")
        @JsonPropertyDescription("How the facts become a change of weights.")
        Method method,
    @Default("{}")
        @ValidationRule(value = "self == oldSelf", message = "is immutable; create another EditJob")
        @JsonPropertyDescription("The text from which second moments are taken.")
        Statistics statistics,
    @Default("{}")
        @ValidationRule(value = "self == oldSelf", message = "is immutable; create another EditJob")
        @JsonPropertyDescription("What is measured before and after, and what must hold.")
        Evaluation evaluation,
    @Default("Automatic")
        @JsonPropertyDescription("Whether a version that passes its gates becomes the current one.")
        Promotion promotion,
    @Default("{}") @JsonPropertyDescription("The pods that compute.") Workers workers,
    @JsonPropertyDescription(
            "Where the pods tell how far they are; absent: where the installation says, if anywhere.")
        ProgressTarget progress,
    @Default("false")
        @JsonPropertyDescription(
            "Stops the work after the shards in progress until it is false again.")
        Boolean suspend,
    @Min(1) @JsonPropertyDescription(
            "Seconds after which the job fails, suspended time not counted; absent: never.")
        Long activeDeadlineSeconds,
    @Default("6")
        @Min(0) @Max(1000) @JsonPropertyDescription("How often a shard may fail before the job fails.")
        Integer backoffLimit,
    @Min(0) @Max(2147483647) @JsonPropertyDescription(
            "Seconds after which a finished job is deleted, its version is not; absent: never.")
        Integer ttlSecondsAfterFinished,
    @Size(min = 1, max = 63) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9._/-]+$") @ValidationRule(value = "self == oldSelf", message = "is immutable; create another EditJob")
        @JsonPropertyDescription(
            "The controller that reconciles this job, such as kueue.x-k8s.io/multikueue; absent: Errata.")
        String managedBy,
    @Default("0")
        @ValidationRule(value = "self == oldSelf", message = "is immutable; create another EditJob")
        @JsonPropertyDescription("Seed of everything that is drawn by chance.")
        Long seed) {}
