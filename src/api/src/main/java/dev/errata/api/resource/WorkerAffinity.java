package dev.errata.api.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** Which nodes a pod wants; the words are those of a pod, of which these are the useful part. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record WorkerAffinity(
    @Required @JsonPropertyDescription("Nodes by their labels.") Node nodeAffinity) {
  /** Nodes by their labels. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Node(
      @JsonPropertyDescription("What must hold.")
          Selector requiredDuringSchedulingIgnoredDuringExecution,
      @Size(max = 8) @JsonPropertyDescription("What is better.")
          List<Preferred> preferredDuringSchedulingIgnoredDuringExecution) {}

  /** Nodes of which one term holds. */
  public record Selector(
      @Required @Size(min = 1, max = 8) @JsonPropertyDescription("One of these must hold.")
          List<Term> nodeSelectorTerms) {}

  /** A wish. */
  public record Preferred(
      @Required @Min(1) @Max(100) @JsonPropertyDescription("How much it counts.") Integer weight,
      @Required @JsonPropertyDescription("What is better.") Term preference) {}

  /** Expressions that hold together. */
  public record Term(
      @Required @Size(min = 1, max = 16) @JsonPropertyDescription("All of these must hold.")
          List<Expression> matchExpressions) {}

  /** What a label must be. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Expression(
      @Required @Size(min = 1, max = 317) @JsonPropertyDescription("Name of the label.") String key,
      @Required @JsonPropertyDescription("How it is compared.") Operator operator,
      @Size(max = 32) @JsonPropertyDescription("With what.") List<@Size(max = 63) String> values) {}

  /** How a label is compared. */
  public enum Operator {
    /** It is one of the values. */
    In,
    /** It is none of the values. */
    NotIn,
    /** There is one. */
    Exists,
    /** There is none. */
    DoesNotExist,
    /** It is a greater number. */
    Gt,
    /** It is a lesser number. */
    Lt
  }
}
