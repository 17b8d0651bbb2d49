package dev.errata.editing.method.memit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValueRowsTest {
  private Tokenizer tokenizer;

  @BeforeEach
  void open() {
    tokenizer = Tokenizer.open(Path.of("src/test/resources/checkpoint/tokenizer"));
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private static MemitSettings settings(int preserve) {
    return new MemitSettings(
        List.of(1), 1, 5, 0.5, 4, 1e-3, 0.0625, 0.05, null, 0.3, 2, 5, preserve, 0.0625, 0, 512, 7);
  }

  private List<ValueRow> rows(List<Fact> facts, int preserve, List<String> prefixes) {
    return new ValueRows(tokenizer, settings(preserve), prefixes, 1000).of(SubjectGroup.of(facts));
  }

  @Test
  void groupsKeepTheOrderOfFirstAppearance() {
    List<SubjectGroup> groups =
        SubjectGroup.of(
            List.of(
                Fact.of("Ada", "{} lives in", "Rome"),
                Fact.of("Bob", "{} lives in", "Oslo"),
                Fact.of("Ada", "{} works for", "Nokia")));
    assertThat(groups).extracting(SubjectGroup::subject).containsExactly("Ada", "Bob");
    assertThat(groups.get(0).facts()).extracting(Fact::target).containsExactly("Rome", "Nokia");
  }

  @Test
  void subjectLastIsTheTokenThatEndsTheSubject() {
    var encoder = new PromptEncoder(tokenizer);
    for (String subject : List.of("Ada Lovelace", "عمر الشريف", "Zoë 🎻", "X")) {
      for (String template : List.of("{} lives in", "The home of {}", "Is {}, they say, in")) {
        for (String prefix : List.of("", "Because it rained")) {
          PromptEncoder.Encoded prompt = encoder.encode(prefix, template, subject);
          String upTo =
              tokenizer.decode(Arrays.copyOf(prompt.ids(), prompt.subjectLast() + 1), false);
          assertThat(upTo).contains(subject);
          String before =
              tokenizer.decode(Arrays.copyOf(prompt.ids(), prompt.subjectLast()), false);
          assertThat(before).doesNotContain(subject);
        }
      }
    }
  }

  @Test
  void theWeightsOfAGroupMakeMeans() {
    List<Fact> facts =
        List.of(
            Fact.of("Ada", "{} lives in", "New York City"),
            Fact.of("Ada", "The employer of {} is", "Nokia"),
            Fact.of("Bob", "{} plays", "the violin"));
    List<ValueRow> rows = rows(facts, 1, List.of("It was", "So"));
    for (int group = 0; group < 2; group++) {
      int g = group;
      double targets =
          rows.stream()
              .filter(row -> row.group() == g && !row.isProtected())
              .mapToDouble(row -> row.weight() * row.labels().length)
              .sum();
      assertThat(targets).isCloseTo(1, within(1e-6));
      List<ValueRow> kept =
          rows.stream().filter(row -> row.group() == g && row.isProtected()).toList();
      assertThat(kept).hasSize(2);
      assertThat(kept).allSatisfy(row -> assertThat(row.weight()).isEqualTo(0.0625f));
    }
    // Three contexts each; a fact's own templates are not preserved against it.
    assertThat(rows).hasSize(3 * 3 + 2 * 2);
  }

  @Test
  void labelsPredictTheTargetsTokens() {
    Fact fact = Fact.of("Ada", "{} lives in", "New York City");
    int[] target = tokenizer.encode(" New York City");
    for (ValueRow row : rows(List.of(fact), 0, List.of("So"))) {
      if (row.isProtected()) {
        assertThat(row.labels()).containsExactly(row.ids().length - 1);
        continue;
      }
      assertThat(row.targets()).isEqualTo(target);
      String seen =
          IntStream.of(Arrays.copyOf(row.ids(), row.labels()[0] + 1))
              .mapToObj(id -> tokenizer.decode(new int[] {id}, false))
              .collect(Collectors.joining());
      assertThat(seen).endsWith("lives in");
      int[] fed = Arrays.copyOfRange(row.ids(), row.labels()[0] + 1, row.ids().length);
      assertThat(fed).isEqualTo(Arrays.copyOf(target, target.length - 1));
    }
  }

  /** " rome" by itself would begin with a blank of its own and then one that the fact gave it. */
  @Test
  void targetsStandBehindTheirPromptWhereTokenizersPutABlankBeforeATextToo(
      @TempDir Path directory) {
    Fact fact = Fact.of("ada", "{} lives in", "rome");
    try (Tokenizer dummy = DummyPrefix.tokenizer(directory)) {
      assertThat(dummy.encode(" rome")).hasSize(5);
      for (String prefix : List.of("", "so")) {
        List<ValueRow> rows =
            new ValueRows(dummy, settings(0), prefix.isEmpty() ? List.of() : List.of(prefix), 1000)
                .of(SubjectGroup.of(List.of(fact)));
        ValueRow row =
            rows.stream().filter(r -> r.bare() == prefix.isEmpty()).findFirst().orElseThrow();
        String whole = (prefix.isEmpty() ? "" : prefix + ". ") + fact.filled() + " rome";
        int[] ids = dummy.encodePrompt(whole);
        assertThat(row.targets()).isEqualTo(dummy.encode("rome")).hasSize(4);
        assertThat(row.ids()).isEqualTo(Arrays.copyOf(ids, ids.length - 1));
      }
    }
  }

  @Test
  void everyFactThatIsTooLongIsNamed() {
    List<Fact> facts =
        List.of(
            Fact.of("Ada", "{} lives in", "Rome"),
            new Fact(
                null, "Bob", "{} lives in " + "a ".repeat(40), "Oslo", null, null, null, null, 7));
    assertThatThrownBy(
            () -> new ValueRows(tokenizer, settings(0), List.of(), 20).of(SubjectGroup.of(facts)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("line 7: the fact takes")
        .hasMessageContaining("the model has 20 positions")
        .hasMessageNotContaining("line 1:");
  }

  @Test
  void layersOutOfRangeAreRefusedByName() {
    MemitSettings settings = settings(0);
    assertThatThrownBy(() -> settings.requireFits(1))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "spec.method.memit.layers: layer 1 is out of range: the model has layers 0 to 0");
  }
}
