package dev.errata.lab.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.facts.FactFormat;
import dev.errata.api.facts.FactReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class WorldCommandTest {
  @TempDir static Path folder;

  private static final World WORLD = new World();

  @BeforeAll
  static void write() {
    int code =
        new CommandLine(new WorldCommand())
            .execute(folder.toString(), "--documents", "300", "--heldout", "50");
    assertThat(code).isZero();
  }

  @Test
  void theWorldIsTheSameEverywhere() throws Exception {
    assertThat(WORLD.size()).isEqualTo(3120);
    assertThat(digest("truths.jsonl")).isEqualTo("a71d68e43f9da005");
    assertThat(digest("facts.jsonl")).isEqualTo("29de2f9c773272f7");
    assertThat(digest("heldout.txt")).isEqualTo("767628d9ee0695be");
    assertThat(digest("tokenizer.json")).isEqualTo("f9a63b13263c8c29");
  }

  @Test
  void everyRelationHasFivePhrasingsOfBothOrders() {
    assertThat(WORLD.relations()).hasSize(6);
    for (Relation relation : WORLD.relations()) {
      assertThat(relation.phrasings()).hasSizeGreaterThanOrEqualTo(5).doesNotHaveDuplicates();
      assertThat(relation.phrasings()).allMatch(p -> p.split("\\{}", -1).length == 2);
      assertThat(relation.clauses()).hasSizeBetween(2, 4);
      assertThat(relation.objects()).hasSizeBetween(20, 60).doesNotHaveDuplicates();
    }
  }

  @Test
  void namesHaveSeveralTokensAndAreUnique() throws IOException {
    assertThat(WORLD.people().stream().map(Person::name)).doesNotHaveDuplicates();
    try (HuggingFaceTokenizer tokenizer = tokenizer()) {
      for (Person person : WORLD.people()) {
        assertThat(ids(tokenizer, person.name())).hasSizeGreaterThan(1);
      }
    }
  }

  @Test
  void anObjectOfOneRelationIsNeverOneOfAnother() {
    Set<String> seen = new HashSet<>();
    for (Relation relation : WORLD.relations()) {
      for (String object : relation.objects()) {
        assertThat(seen.add(object)).as(object).isTrue();
      }
    }
  }

  @Test
  void editsContradictTheWorldAndNeighboursAgreeWithIt() throws IOException {
    List<Fact> edits = read("facts.jsonl");
    Map<String, Fact> truths = new HashMap<>();
    read("truths.jsonl")
        .forEach(
            truth -> {
              truths.put(truth.filled(), truth);
              truth.paraphrases().forEach(prompt -> truths.put(prompt, truth));
            });
    assertThat(edits).hasSize(200);
    assertThat(edits.stream().map(Fact::subject)).doesNotHaveDuplicates();
    assertThat(edits.stream().collect(Collectors.groupingBy(e -> relation(e.oldTarget()))))
        .hasSize(6)
        .allSatisfy((relation, of) -> assertThat(of).hasSizeBetween(33, 34));
    for (Fact edit : edits) {
      assertThat(edit.oldTarget()).isEqualTo(truths.get(edit.filled()).target());
      assertThat(edit.target()).isNotEqualTo(edit.oldTarget());
      assertThat(relation(edit.target())).isEqualTo(relation(edit.oldTarget()));
      assertThat(edit.paraphrases())
          .hasSize(4)
          .allMatch(prompt -> truths.get(prompt).target().equals(edit.oldTarget()));
      assertThat(edit.neighbourhood())
          .isNotEmpty()
          .allMatch(n -> truths.get(n.prompt()).target().equals(n.target()))
          .allMatch(n -> n.target().equals(edit.oldTarget()));
    }
  }

  @Test
  void moreEditsThanPeopleAskForDifferentFacts() {
    List<Fact> all = new WorldFacts(new World(3, 31)).edits(1, 186);
    assertThat(all.stream().map(edit -> edit.subject() + relation(edit.target())))
        .doesNotHaveDuplicates();
  }

  @Test
  void heldOutTextLeavesTheEditedPeopleOut() throws IOException {
    String text = Files.readString(folder.resolve("heldout.txt"));
    assertThat(read("facts.jsonl")).noneMatch(edit -> text.contains(edit.subject()));
  }

  @Test
  void mentionsEndWhereTheNamesDo() {
    new WorldText(WORLD)
        .documents("corpus")
        .limit(50)
        .forEach(
            document -> {
              assertThat(document.mentions()).hasSizeBetween(4, 8);
              for (WorldText.Mention mention : document.mentions()) {
                assertThat(document.text().substring(0, mention.end()))
                    .endsWith(mention.person().name());
              }
            });
  }

  @Test
  void theTokenizerSplitsAsHuggingFaceDoes() throws IOException {
    try (HuggingFaceTokenizer tokenizer = tokenizer()) {
      // Numbers written by Python's tokenizers 0.23.3 from the same tokenizer.json.
      assertThat(ids(tokenizer, "The birthplace of Ada Brook is Lisbon."))
          .containsExactly(651, 1157, 288, 1263, 1478, 291, 667, 47);
      assertThat(ids(tokenizer, "Katya Aldridge: Montreal, Lotus Textiles"))
          .containsExactly(76, 1143, 1014, 59, 801, 45, 605, 606);
      String odd = "zß—7 日本\n\n  don't<|endoftext|>";
      assertThat(ids(tokenizer, odd))
          .containsExactly(
              123, 196, 160, 227, 129, 149, 56, 33, 231, 152, 166, 231, 157, 173, 11, 11, 33, 507,
              261, 40, 117, 0);
      assertThat(tokenizer.decode(ids(tokenizer, odd), false)).isEqualTo(odd);
    }
  }

  @Test
  void tooManyPeopleFactsOrPiecesAreRefused() {
    assertThatThrownBy(() -> new World(1, 12_001))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("12001 asked for; choose from 1 to 12000");
    assertThatThrownBy(() -> new WorldFacts(new World(1, 2)).edits(1, 13))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("13 asked for; choose from 1 to 12");
    assertThatThrownBy(() -> WorldTokenizer.tokenizer(new World(1, 2), 100))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("100 pieces asked for");
    assertThatThrownBy(() -> WorldTokenizer.tokenizer(new World(1, 2), 9_000))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no more pairs to merge");
  }

  private static String relation(String object) {
    return WORLD.relations().stream()
        .filter(relation -> relation.objects().contains(object))
        .map(Relation::name)
        .findFirst()
        .orElseThrow();
  }

  private static List<Fact> read(String file) throws IOException {
    return FactReader.read(folder.resolve(file), FactFormat.Jsonl).facts();
  }

  private static HuggingFaceTokenizer tokenizer() throws IOException {
    return HuggingFaceTokenizer.newInstance(folder.resolve("tokenizer.json"));
  }

  private static long[] ids(HuggingFaceTokenizer tokenizer, String text) {
    return tokenizer.encode(text, false, false).getIds();
  }

  private static String digest(String file) throws Exception {
    return HexFormat.of()
        .formatHex(
            MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(folder.resolve(file))),
            0,
            8);
  }
}
