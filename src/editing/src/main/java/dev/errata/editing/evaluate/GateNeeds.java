package dev.errata.editing.evaluate;

import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.resource.Suite;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * What figures are measured on. A gate on one that nothing is there for can only be missed, which
 * is better said before hours of work than after.
 */
public final class GateNeeds {
  private static final String OLD = "a fact with oldTarget";
  private static final String PARAPHRASES = "a fact with paraphrases";

  private final EvaluationSettings settings;
  private final List<Fact> facts;
  private final boolean routers;

  private GateNeeds(EvaluationSettings settings, List<Fact> facts, boolean routers) {
    this.settings = settings;
    this.facts = facts;
    this.routers = routers;
  }

  /**
   * Refuses gates on figures that these settings, facts and model cannot have.
   *
   * @param routers whether there are layers with experts above the edit
   * @throws InputException with all of them
   */
  public static void require(
      List<Requirement> requirements,
      EvaluationSettings settings,
      List<Fact> facts,
      boolean routers) {
    GateNeeds needs = new GateNeeds(settings, facts, routers);
    List<String> problems = new ArrayList<>();
    for (Requirement requirement : requirements) {
      String missing = needs.missing(requirement.metric());
      if (missing != null) {
        problems.add(
            "spec.evaluation.require: "
                + requirement.metric()
                + " cannot be measured without "
                + missing
                + "; give it or drop the gate");
      }
    }
    if (!problems.isEmpty()) {
      throw new InputException(problems);
    }
  }

  /** What a figure lacks, or null. */
  private String missing(String metric) {
    return switch (metric) {
      case "efficacy" -> first(suite(Suite.Probability), old());
      case "paraphrase" -> first(suite(Suite.Probability), oldParaphrases());
      case "neighbourhood" -> first(suite(Suite.Probability), answeredNeighbours());
      case "score" ->
          first(suite(Suite.Probability), old(), oldParaphrases(), answeredNeighbours());
      case "tokenAccuracy" -> suite(Suite.TeacherForced);
      case "paraphraseTokenAccuracy" -> first(suite(Suite.TeacherForced), paraphrases());
      case "portability" ->
          first(
              suite(Suite.TeacherForced),
              any(fact -> !fact.portability().isEmpty(), "a fact with portability questions"));
      case "locality" ->
          first(
              suite(Suite.TeacherForced),
              any(fact -> !fact.neighbourhood().isEmpty(), "a fact with a neighbourhood"));
      case "exactMatch", "prefixedExactMatch" -> suite(Suite.Generation);
      case "paraphraseExactMatch" -> first(suite(Suite.Generation), paraphrases());
      case "otherFacts" -> first(suite(Suite.OtherFacts), others());
      case "fluency" -> suite(Suite.Fluency);
      case "perplexity", "perplexityRatio" ->
          first(
              suite(Suite.Perplexity),
              settings.heldOut() == null ? "a text, spec.evaluation.text" : null);
      case "routingOverlap", "promptRoutingOverlap" ->
          first(suite(Suite.Routing), routers ? null : "a mixture of experts above the edit");
      default -> null;
    };
  }

  private static String first(String... missing) {
    for (String what : missing) {
      if (what != null) {
        return what;
      }
    }
    return null;
  }

  private String suite(Suite suite) {
    return settings.has(suite) ? null : suite + " in spec.evaluation.suites";
  }

  private String old() {
    return any(fact -> fact.oldTarget() != null, OLD);
  }

  private String paraphrases() {
    return any(fact -> !fact.paraphrases().isEmpty(), PARAPHRASES);
  }

  private String oldParaphrases() {
    return any(
        fact -> fact.oldTarget() != null && !fact.paraphrases().isEmpty(),
        PARAPHRASES + " and oldTarget");
  }

  private String answeredNeighbours() {
    return any(
        fact -> fact.neighbourhood().stream().anyMatch(neighbour -> neighbour.target() != null),
        "a fact with a neighbour and its true target");
  }

  private String others() {
    boolean asked =
        !settings.otherFacts().isEmpty()
            || !OtherFacts.templates(facts, settings.templates(), settings.seed()).isEmpty();
    return asked ? null : "facts with other prompts to ask of the same subjects";
  }

  private String any(Predicate<Fact> has, String what) {
    return facts.stream().anyMatch(has) ? null : what;
  }
}
