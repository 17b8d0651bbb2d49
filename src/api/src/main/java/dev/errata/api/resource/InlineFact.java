package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.errata.api.Fact;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** A fact written into the manifest; see {@link dev.errata.api.Fact}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record InlineFact(
    @Size(max = 128) @JsonPropertyDescription("Name of the fact.") String id,
    @Required
        @Size(min = 1, max = 512) @Pattern("\\S") @JsonPropertyDescription("What the fact is about.")
        String subject,
    @Required
        @Size(min = 1, max = 2048) @ValidationRule(
            value = "self.indexOf('{}') >= 0 && self.indexOf('{}') == self.lastIndexOf('{}')",
            message = "must hold {} exactly once, where the subject stands")
        @JsonPropertyDescription("Template with {} where the subject stands.")
        String prompt,
    @Required
        @Size(min = 1, max = 512) @Pattern("\\S") @JsonPropertyDescription("What the model shall say after the prompt.")
        String target,
    @Size(max = 512) @JsonPropertyDescription("What the target replaces.") String oldTarget,
    @Size(max = 16) @JsonPropertyDescription("Other full prompts that must give the target.")
        List<@Size(min = 1, max = 2048) String> paraphrases,
    @Size(max = 32) @JsonPropertyDescription("Prompts about other subjects that must go on as before.")
        List<InlineNeighbour> neighbourhood,
    @Size(max = 16) @JsonPropertyDescription("Questions whose answer follows from the fact.")
        List<InlineQuestion> portability) {
  /** The same as a fact; {@code line} counts from 1. */
  public Fact toFact(int line) {
    return new Fact(
        id,
        subject.strip(),
        prompt.strip(),
        target.strip(),
        oldTarget,
        paraphrases,
        neighbourhood == null
            ? null
            : neighbourhood.stream().map(n -> new Fact.Neighbour(n.prompt(), n.target())).toList(),
        portability == null
            ? null
            : portability.stream().map(q -> new Fact.Question(q.prompt(), q.answer())).toList(),
        line);
  }
}
