package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import java.util.Map;

/** The pods that compute. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Workers(
    @Default("1") @Min(1) @Max(1024) @JsonPropertyDescription("How many pods share a stage.")
        Integer count,
    @Size(min = 1, max = 512) @JsonPropertyDescription("Image of the worker; absent: that of the installation.")
        String image,
    @JsonPropertyDescription("What each pod asks for.") WorkerResources resources,
    @Size(max = 64) @JsonPropertyDescription("Labels of the nodes that may be used.")
        Map<String, @Size(max = 63) String> nodeSelector,
    @Size(max = 32) @JsonPropertyDescription("Taints of nodes that are tolerated.")
        List<WorkerToleration> tolerations,
    @JsonPropertyDescription("Nodes that the pods want.") WorkerAffinity affinity,
    @Size(min = 1, max = 253) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$") @JsonPropertyDescription("PriorityClass of the pods.")
        String priorityClassName,
    @Size(min = 1, max = 253) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$") @JsonPropertyDescription("RuntimeClass of the pods.")
        String runtimeClassName,
    @Size(max = 64) @JsonPropertyDescription("More of the environment of the worker.")
        List<WorkerEnv> env,
    @Size(max = 16) @JsonPropertyDescription("More folders for the worker.")
        List<WorkerVolume> volumes) {}
