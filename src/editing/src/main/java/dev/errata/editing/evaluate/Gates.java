package dev.errata.editing.evaluate;

import dev.errata.api.InputException;
import dev.errata.api.Text;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Holds the figures of an edited model against what a job requires. */
public final class Gates {
  private static final String RATIO = "perplexityRatio";
  private static final Map<String, Function<Metrics, Double>> FIGURES = figures();

  private Gates() {}

  private static Map<String, Function<Metrics, Double>> figures() {
    Map<String, Function<Metrics, Double>> figures = new LinkedHashMap<>();
    figures.put("efficacy", Metrics::efficacy);
    figures.put("paraphrase", Metrics::paraphrase);
    figures.put("neighbourhood", Metrics::neighbourhood);
    figures.put("score", Metrics::score);
    figures.put("tokenAccuracy", metrics -> metrics.tokenAccuracy().rewrite());
    figures.put("paraphraseTokenAccuracy", metrics -> metrics.tokenAccuracy().rephrase());
    figures.put("portability", metrics -> metrics.tokenAccuracy().portability());
    figures.put("locality", metrics -> metrics.tokenAccuracy().locality());
    figures.put("exactMatch", Metrics::exactMatch);
    figures.put("prefixedExactMatch", Metrics::prefixedExactMatch);
    figures.put("paraphraseExactMatch", Metrics::paraphraseExactMatch);
    figures.put("otherFacts", Metrics::otherFacts);
    figures.put("fluency", Metrics::fluency);
    figures.put("perplexity", Metrics::perplexity);
    figures.put(RATIO, metrics -> null);
    figures.put("routingOverlap", Metrics::routingOverlap);
    figures.put("promptRoutingOverlap", Metrics::promptRoutingOverlap);
    return figures;
  }

  /** The names that a requirement may give. */
  public static Set<String> names() {
    return FIGURES.keySet();
  }

  /**
   * Checks the gates.
   *
   * @param before figures of the unedited model; needed for {@code perplexityRatio}, may be null
   *     otherwise
   * @param after figures of the edited model
   * @return a sentence for each gate that is missed, none when all are passed; a figure that was
   *     not measured misses
   * @throws InputException when a requirement names no known figure
   */
  public static List<String> check(List<Requirement> requirements, Metrics before, Metrics after) {
    requireKnown(requirements);
    List<String> misses = new ArrayList<>();
    for (Requirement requirement : requirements) {
      String name = requirement.metric();
      Double value = name.equals(RATIO) ? ratio(before, after) : FIGURES.get(name).apply(after);
      if (value == null || value.isNaN()) {
        misses.add(name + " was not measured but " + bounds(requirement) + " is required");
      } else if ((requirement.minimum() != null && value < requirement.minimum())
          || (requirement.maximum() != null && value > requirement.maximum())) {
        misses.add(
            name
                + " is "
                + number(value)
                + was(requirement, before)
                + " but "
                + bounds(requirement)
                + " is required");
      }
    }
    return misses;
  }

  /**
   * Refuses requirements that name no known figure.
   *
   * @throws InputException with all of them
   */
  public static void requireKnown(List<Requirement> requirements) {
    List<String> problems = new ArrayList<>();
    for (Requirement requirement : requirements) {
      if (!FIGURES.containsKey(requirement.metric())) {
        problems.add(
            "gate on "
                + Text.quote(String.valueOf(requirement.metric()))
                + ": no such metric; use one of "
                + String.join(", ", names()));
      }
    }
    if (!problems.isEmpty()) {
      throw new InputException(problems);
    }
  }

  private static Double ratio(Metrics before, Metrics after) {
    boolean both = before != null && before.perplexity() != null && after.perplexity() != null;
    return both ? after.perplexity() / before.perplexity() : null;
  }

  private static String was(Requirement requirement, Metrics before) {
    Double value = before == null ? null : FIGURES.get(requirement.metric()).apply(before);
    return value == null ? "" : " (" + number(value) + " before)";
  }

  private static String bounds(Requirement requirement) {
    String least = requirement.minimum() == null ? "" : "at least " + number(requirement.minimum());
    String most = requirement.maximum() == null ? "" : "at most " + number(requirement.maximum());
    return least.isEmpty() || most.isEmpty() ? least + most : least + " and " + most;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4f", value).replaceAll("\\.?0+$", "");
  }
}
