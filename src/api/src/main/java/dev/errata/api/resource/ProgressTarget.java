package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** Where the pods of a job tell how far they are. The work goes on when nobody listens. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ProgressTarget(
    @Required
        @Size(min = 1, max = 1024) @Pattern("^[A-Za-z0-9._-]+:[0-9]{1,5}(,[A-Za-z0-9._-]+:[0-9]{1,5})*$") @JsonPropertyDescription("Brokers of a Kafka cluster, HOST:PORT, separated by commas.")
        String bootstrapServers,
    @Size(min = 1, max = 253) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$") @JsonPropertyDescription(
            "Secret in the namespace of the job whose key client.properties holds security.*, sasl.* and ssl.* of a Kafka client; its other keys are files beside it.")
        String secret) {}
