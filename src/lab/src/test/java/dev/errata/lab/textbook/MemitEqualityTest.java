package dev.errata.lab.textbook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.Fact;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.torch.Compute;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The library's MEMIT gives what the textbook's gives. Where both run in float64 only the order of
 * sums differs, and the library hands over δ and h₀ as float32, whose steps are 6e-8: 2e-8 to 2e-7
 * are measured. Where the library runs in float32 throughout, eight steps of Adam make 2e-6 of it.
 */
class MemitEqualityTest {
  private static final double ROUNDING = 1e-6;
  private static final double SINGLE_PRECISION = 1e-4;
  private static final double NEVER = 0;
  private static final int WHOLE = 1_000_000;

  private static final List<String> PREFIXES =
      List.of("The home town", "Because it rained again", "I");
  private static final List<Fact> SINGLES =
      List.of(
          Fact.of("Ada Lind", "{} was born in", "Rome"),
          Fact.of("Bo", "{} plays the", "piano"),
          Fact.of("Carla Montes", "{} works as a", "nurse"));
  private static final List<Fact> GROUPS =
      List.of(
          Fact.of("Ada Lind", "{} was born in", "Upper Rome"),
          Fact.of("Bo", "The mother tongue of {} is", "Norwegian"),
          Fact.of("Ada Lind", "The employer of {} is", "Nord Steel"),
          Fact.of("Ada Lind", "{} plays the", "violin"),
          Fact.of("Dee Quist", "Letters to {} are sent to", "the old harbour of Genoa"),
          Fact.of("Bo", "{} works as a", "cook"));
  private static final List<Fact> KEPT =
      List.of(
          Fact.of("Emil Roth", "{} plays the", "flute"),
          Fact.of("Emil Roth", "{} lives in", "Oslo"),
          Fact.of("Fay", "The employer of {} is", "Nokia"));

  @TempDir static Path folder;

  @BeforeAll
  static void write() {
    for (String family : List.of("qwen3", "gpt2")) {
      SmallCheckpoints.write(folder.resolve(family + "-wide"), family, Dtype.F64);
      SmallCheckpoints.write(folder.resolve(family), family, Dtype.F32);
    }
  }

  /** Edits layers 0 and 1; δ behind layer 1. */
  private static MemitSettings settings(double stopLoss, int preserve, int batchTokens) {
    return new MemitSettings(
        List.of(0, 1),
        1,
        8,
        0.5,
        4,
        1e-3,
        0.0625,
        stopLoss,
        20.0,
        0.3,
        0,
        0,
        preserve,
        0.5,
        0,
        batchTokens,
        3);
  }

  private static BothForms wide(
      String family, MemitSettings settings, List<Fact> facts, List<String> prefixes) {
    return new BothForms(
        folder.resolve(family + "-wide"), BothForms.WIDE, settings, facts, prefixes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "gpt2"})
  void singleFactsWithoutPrefixes(String family) {
    try (BothForms both = wide(family, settings(NEVER, 0, WHOLE), SINGLES, List.of())) {
      both.assertValuesAgree(ROUNDING);
      both.assertUpdatesAgree(List.of(), ROUNDING);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "gpt2"})
  void groupsOfFactsWithPrefixesAndAllOtherTemplatesPreserved(String family) {
    try (BothForms both = wide(family, settings(NEVER, 99, WHOLE), GROUPS, PREFIXES)) {
      both.assertValuesAgree(ROUNDING);
      both.assertUpdatesAgree(List.of(), ROUNDING);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "gpt2"})
  void manySmallBatchesOfRows(String family) {
    try (BothForms both = wide(family, settings(NEVER, 2, 24), GROUPS, PREFIXES)) {
      both.assertValuesAgree(ROUNDING);
      both.assertUpdatesAgree(KEPT, ROUNDING);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {24, 120, WHOLE})
  void finishedFactsStopAndLeaveTheBatch(int batchTokens) {
    MemitSettings settings = settings(9.8, 1, batchTokens);
    try (BothForms both = wide("qwen3", settings, GROUPS, PREFIXES.subList(0, 1))) {
      int[] steps = both.actual.steps();
      assertThat(Arrays.stream(steps).distinct().count())
          .as("different numbers of steps among %s", Arrays.toString(steps))
          .isGreaterThan(1);
      both.assertValuesAgree(ROUNDING);
      both.assertUpdatesAgree(List.of(), ROUNDING);
    }
  }

  @Test
  void valuesAboveTheEditedLayersInsideASmallBall() {
    MemitSettings settings =
        new MemitSettings(
            List.of(0), 1, 8, 0.5, 0.3, 0.5, 0.2, NEVER, 5.0, 0.3, 0, 0, 0, 0.1, 0, WHOLE, 3);
    try (BothForms both = wide("gpt2", settings, GROUPS, PREFIXES.subList(1, 3))) {
      both.assertValuesAgree(ROUNDING);
      both.assertUpdatesAgree(KEPT, ROUNDING);
      TextbookValue value = both.expected.get(1);
      double start = value.starts().stream().mapToDouble(Agreement::norm).average().orElseThrow();
      assertThat(Agreement.norm(value.delta()) / start).as("on the ball").isBetween(0.29, 0.3001);
    }
  }

  @Test
  void withoutProtection() {
    MemitSettings settings =
        new MemitSettings(
            List.of(0, 1), 1, 6, 0.1, 4, 1e-3, 0, NEVER, 20.0, 0.3, 0, 0, 3, 0, 0, 64, 3);
    try (BothForms both = wide("qwen3", settings, GROUPS, PREFIXES)) {
      both.assertValuesAgree(ROUNDING);
      both.assertUpdatesAgree(List.of(), ROUNDING);
    }
  }

  @Test
  void templatesThatAskForTheFactItselfAreNotPreserved() {
    List<Fact> facts =
        List.of(
            Fact.of("Ada Lind", "{} was born in", "Rome"),
            Fact.of("Bo", "The employer of {} is", "Nord Steel"),
            Fact.of("Carla Montes", "{} plays the", "violin"));
    MemitSettings settings = settings(NEVER, 99, WHOLE);
    try (BothForms both = wide("gpt2", settings, facts, List.of())) {
      // The random model says the same behind the first two templates.
      assertThat(both.preserved(0)).containsExactly("{} plays the");
      both.assertValuesAgree(ROUNDING);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "gpt2"})
  void singlePrecisionStaysNear(String family) {
    MemitSettings settings = settings(NEVER, 2, 120);
    try (BothForms both =
        new BothForms(folder.resolve(family), Compute.CPU, settings, GROUPS, PREFIXES)) {
      both.assertValuesAgree(SINGLE_PRECISION);
      both.assertUpdatesAgree(KEPT, SINGLE_PRECISION);
    }
  }
}
