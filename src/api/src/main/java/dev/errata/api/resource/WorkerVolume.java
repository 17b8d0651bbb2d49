package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/**
 * A folder of the worker that comes from the cluster: of corpora, of credentials, of base models.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "[has(self.claim), has(self.configMap), has(self.secret)].exists_one(set, set)",
    message = "exactly one of claim, configMap, secret must be set")
@ValidationRule(
    value = "!self.name.startsWith('errata-')",
    message = "names that begin with errata- belong to the operator")
@ValidationRule(
    value = "!(self.mountPath + '/').startsWith('/errata/') && self.mountPath != '/tmp'",
    message = "/errata and /tmp belong to the operator")
public record WorkerVolume(
    @Required
        @Size(min = 1, max = 63) @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$") @JsonPropertyDescription("Name of the volume.")
        String name,
    @Required
        @Size(min = 2, max = 1024) @Pattern("^/[^:]+$") @JsonPropertyDescription("Where the worker finds it.")
        String mountPath,
    @Default("true") @JsonPropertyDescription("Whether the worker may only read it.")
        Boolean readOnly,
    @Size(min = 1, max = 253) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$") @JsonPropertyDescription("Name of a PersistentVolumeClaim.")
        String claim,
    @Size(min = 1, max = 253) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$") @JsonPropertyDescription("Name of a ConfigMap.")
        String configMap,
    @Size(min = 1, max = 253) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$") @JsonPropertyDescription("Name of a Secret.")
        String secret) {}
