package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.errata.api.facts.FactFormat;
import dev.errata.api.facts.OnContradiction;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** Where the facts come from: exactly one of inline, uri and configMap. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "[has(self.inline), has(self.uri), has(self.configMap)].exists_one(set, set)",
    message = "exactly one of inline, uri, configMap must be set")
@ValidationRule(
    value = "!has(self.inline) || self.format == 'Jsonl'",
    message = "inline facts are objects with the fields of Jsonl; remove format")
public record FactsSource(
    @Default("Jsonl") @JsonPropertyDescription("How the source writes its facts.")
        FactFormat format,
    @Size(min = 1, max = 1000) @JsonPropertyDescription("The facts themselves.")
        List<InlineFact> inline,
    @Size(min = 1, max = 2048) @JsonPropertyDescription("A file: a path, relative to the manifest, or a URI.")
        String uri,
    @JsonPropertyDescription("A key of a ConfigMap in the namespace of the job.")
        ConfigMapKey configMap,
    @Default("Refuse")
        @JsonPropertyDescription(
            "What to do with facts of one subject and prompt that want different targets.")
        OnContradiction contradictions) {}
