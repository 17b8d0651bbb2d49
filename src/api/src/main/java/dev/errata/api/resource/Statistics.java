package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;

/** The text from which second moments are taken. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Statistics(
    @Default("Self")
        @Size(min = 1, max = 2048) @JsonPropertyDescription(
            "A file or folder of text, JSONL or Parquet: a path, relative to the manifest, or a URI; Self: text sampled from the model itself.")
        String corpus,
    @Min(1) @Max(1e12) @JsonPropertyDescription("Tokens to read; absent: from the preset of the model.")
        Long tokens,
    @Min(0) @Max(1_000_000) @JsonPropertyDescription(
            "Tokens of domain text to read as well: text that the model writes when it goes on with the job's sentences, about other subjects of their kind. It counts as much as the corpus and keeps an edit from spreading to the subjects' neighbours. 0: none; absent: from the preset of the model.")
        Integer domainTokens) {}
