package dev.errata.editing.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.InputException;
import dev.errata.api.resource.Metric;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class GatesTest {
  private static final Metrics BEFORE = metrics(0.28, 10.0);
  private static final Metrics AFTER = metrics(0.98, 11.5);

  private static Metrics metrics(Double efficacy, Double perplexity) {
    return new Metrics(
        efficacy,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        new TokenAccuracy(0.5, null, null, 0.9),
        null,
        perplexity,
        null,
        null,
        new Metrics.Counts(1, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  }

  @Test
  void knowsTheMetricsOfTheResource() {
    assertThat(Gates.names())
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(Metric.values()).map(Metric::key).toList());
  }

  @Test
  void passesAtTheBounds() {
    List<Requirement> gates =
        List.of(
            new Requirement("efficacy", 0.98, 1.0),
            new Requirement("tokenAccuracy", 0.5, null),
            new Requirement("locality", null, 0.9),
            new Requirement("perplexityRatio", null, 1.15));
    assertThat(Gates.check(gates, BEFORE, AFTER)).isEmpty();
  }

  @Test
  void saysWhatIsMissed() {
    List<Requirement> gates =
        List.of(
            new Requirement("efficacy", 0.99, null),
            new Requirement("perplexity", 1.0, 11.0),
            new Requirement("perplexityRatio", null, 1.1));
    assertThat(Gates.check(gates, BEFORE, AFTER))
        .containsExactly(
            "efficacy is 0.98 (0.28 before) but at least 0.99 is required",
            "perplexity is 11.5 (10 before) but at least 1 and at most 11 is required",
            "perplexityRatio is 1.15 but at most 1.1 is required");
  }

  @Test
  void missesWhatWasNotMeasured() {
    List<Requirement> gates =
        List.of(
            new Requirement("paraphrase", 0.5, null),
            new Requirement("perplexityRatio", null, 2.0));
    assertThat(Gates.check(gates, null, AFTER))
        .containsExactly(
            "paraphrase was not measured but at least 0.5 is required",
            "perplexityRatio was not measured but at most 2 is required");
  }

  @Test
  void refusesUnknownNames() {
    List<Requirement> gates =
        List.of(new Requirement("eficacy", 0.5, null), new Requirement(null, 0.5, null));
    assertThatThrownBy(() -> Gates.check(gates, BEFORE, AFTER))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("\"eficacy\": no such metric")
        .hasMessageContaining("\"null\": no such metric")
        .hasMessageContaining("efficacy, paraphrase, neighbourhood, score, tokenAccuracy");
  }
}
