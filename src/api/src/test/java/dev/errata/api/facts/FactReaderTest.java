package dev.errata.api.facts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.Fact;
import dev.errata.api.Fact.Neighbour;
import dev.errata.api.Fact.Question;
import dev.errata.api.InputException;
import dev.errata.api.facts.FactReader.Options;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FactReaderTest {
  private static final String ROME =
      "{\"subject\":\"Eiffel Tower\",\"prompt\":\"{} stands in\",\"target\":\"Rome\"}\n";
  private static final String OSLO = ROME.replace("Rome", "Oslo");

  private static FactSet read(FactFormat format, String text, Options options) {
    return read(format, text.getBytes(UTF_8), options);
  }

  private static FactSet read(FactFormat format, byte[] bytes, Options options) {
    try {
      return FactReader.read(new ByteArrayInputStream(bytes), "f", format, options);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static FactSet read(FactFormat format, String text) {
    return read(format, text, Options.DEFAULT);
  }

  private static FactSet jsonl(String text) {
    return read(FactFormat.Jsonl, text);
  }

  private static List<String> problems(FactFormat format, String text) {
    return problems(format, text.getBytes(UTF_8));
  }

  private static List<String> problems(FactFormat format, byte[] bytes) {
    InputException e =
        catchThrowableOfType(InputException.class, () -> read(format, bytes, Options.DEFAULT));
    assertThat(e).isNotNull();
    return e.problems();
  }

  @Test
  void jsonlHoldsEveryFieldOfAFact() {
    FactSet set =
        jsonl(
            """
            {"id":"a","subject":" Eiffel Tower ","prompt":"{} stands in ","target":" Rome",\
            "oldTarget":"Paris","paraphrases":["Where is the Eiffel Tower? In"],\
            "neighbourhood":[{"prompt":"The Louvre stands in","target":"Paris"},\
            {"prompt":"Big Ben is in"}],\
            "portability":[{"prompt":"The river by the Eiffel Tower is the","answer":"Tiber"}]}

            {"subject":"برج إيفل","prompt":"يقع {} في","target":"روما"}
            """);
    assertThat(set.warnings()).isEmpty();
    assertThat(set.digest()).matches("sha256:[0-9a-f]{64}");
    assertThat(set.facts())
        .containsExactly(
            new Fact(
                "a",
                "Eiffel Tower",
                "{} stands in",
                "Rome",
                "Paris",
                List.of("Where is the Eiffel Tower? In"),
                List.of(
                    new Neighbour("The Louvre stands in", "Paris"),
                    new Neighbour("Big Ben is in", null)),
                List.of(new Question("The river by the Eiffel Tower is the", "Tiber")),
                1),
            new Fact(null, "برج إيفل", "يقع {} في", "روما", null, null, null, null, 3));
    assertThat(set.facts().get(1).filled()).isEqualTo("يقع برج إيفل في");
    assertThat(set.facts().get(1).subjectStart()).isEqualTo(4);
  }

  @Test
  void jsonlGoesRoundWithTheRecordsFieldNames() throws IOException {
    Fact fact =
        new Fact(
            "x",
            "Tom",
            "{} \"likes\"",
            "tea 🍵",
            "milk",
            List.of("What Tom likes is"),
            List.of(new Neighbour("Ann likes", null)),
            List.of(new Question("Tom drinks", "tea")),
            1);
    ObjectNode node = new ObjectMapper().valueToTree(fact);
    node.remove("line");
    assertThat(jsonl(node.toString()).facts()).containsExactly(fact);
    assertThat(jsonl("\uFEFF" + node + "\r\n\r\n").facts()).containsExactly(fact);
  }

  @Test
  void bothFormsOfCounterFactGiveTheSameFacts() {
    FactSet nested =
        read(
            FactFormat.CounterFact,
            """
            [{"case_id": 7, "pararel_idx": 1,
              "requested_rewrite": {"prompt": "{} stands in", "relation_id": "P1",
                "target_new": {"str": "Rome", "id": "Q1"},
                "target_true": {"str": "Paris", "id": "Q2"}, "subject": "Eiffel Tower"},
              "paraphrase_prompts": ["Nothing more. Eiffel Tower is in"],
              "neighborhood_prompts": ["The Louvre stands in"],
              "attribute_prompts": ["x"], "generation_prompts": ["Eiffel Tower is close to"]}]
            """);
    FactSet flat =
        read(
            FactFormat.CounterFact,
            """
            [{"case_id": 7, "prompt": "Eiffel Tower stands in", "target_new": "Rome",
              "subject": "Eiffel Tower", "ground_truth": "Paris",
              "rephrase_prompt": "Nothing more. Eiffel Tower is in",
              "locality_prompt": "The Louvre stands in", "locality_ground_truth": "Paris"}]
            """);
    assertThat(nested).isEqualTo(flat);
    assertThat(nested.facts())
        .containsExactly(
            new Fact(
                "7",
                "Eiffel Tower",
                "{} stands in",
                "Rome",
                "Paris",
                List.of("Nothing more. Eiffel Tower is in"),
                List.of(new Neighbour("The Louvre stands in", "Paris")),
                List.of(),
                1));
  }

  @Test
  void easyEditsGroupsOfLocalityAndPortabilityAreRead() {
    FactSet set =
        read(
            FactFormat.CounterFact,
            """
            {"subject": "Ann", "prompt": "Anna and Ann work for", "target_new": "Ulm",
             "ground_truth": ["Bonn", "Bonn city"],
             "locality": {"Relation_Specificity":
                [{"prompt": "Bob works for", "ground_truth": [["Ems"]]}]},
             "portability": {"Reasoning": [{"prompt": "Ann's mayor is", "ground_truth": ["Max"]}],
                "Subject_Aliasing": [{"prompt": "Annie works for", "ground_truth": "Ulm"}]}}
            """);
    assertThat(set.facts())
        .containsExactly(
            new Fact(
                null,
                "Ann",
                "Anna and {} work for",
                "Ulm",
                "Bonn",
                List.of(),
                List.of(new Neighbour("Bob works for", "Ems")),
                List.of(
                    new Question("Ann's mayor is", "Max"), new Question("Annie works for", "Ulm")),
                1));
  }

  @Test
  void zsreIsReadInTheFormOfMendWithAndWithoutPortability() {
    FactSet set =
        read(
            FactFormat.ZsRE,
            """
            [{"subject": " Dickens", "src": "Who wrote Dickens?", "pred": "A", "rephrase": "Dickens by?",
              "alt": "C", "answers": ["B", "b"], "loc": "nq question: who sang", "loc_ans": "D",
              "cond": "A >> C", "portability": {"Recalled Relation": "r",
                "New Question": "Who wed Dickens's writer?", "New Answer": "E"}},
             {"subject": "Oz", "src": "What is Oz?", "pred": "A", "alt": "C", "answers": []}]
            """);
    assertThat(set.facts())
        .containsExactly(
            new Fact(
                null,
                "Dickens",
                "Who wrote {}?",
                "C",
                "B",
                List.of("Dickens by?"),
                List.of(new Neighbour("nq question: who sang", "D")),
                List.of(new Question("Who wed Dickens's writer?", "E")),
                1),
            new Fact(null, "Oz", "What is {}?", "C", "A", null, null, null, 2));
  }

  @Test
  void mquakeGivesAFactForEachRewriteAndItsQuestionsOnce() {
    FactSet set =
        read(
            FactFormat.MQuAKE,
            """
            [{"case_id": 1, "requested_rewrite": [
               {"prompt": "{} is a citizen of", "target_new": {"str": "Croatia"},
                "target_true": {"str": "Spain"}, "subject": "Ann", "question": "Whose is Ann?"},
               {"prompt": "{} is led by", "target_new": {"str": "Bo"}, "subject": "Croatia"}],
              "questions": ["Who leads Ann's country?", "Ann's leader?"],
              "answer": "Al", "new_answer": "Bo"},
             {"case_id": 2, "requested_rewrite": [
               {"prompt": "{} is led by", "target_new": {"str": "Bo"}, "subject": "Croatia"}],
              "questions": ["Who leads Split's country?"], "new_answer": "Bo"}]
            """);
    assertThat(set.facts())
        .containsExactly(
            new Fact(
                "1",
                "Ann",
                "{} is a citizen of",
                "Croatia",
                "Spain",
                List.of("Whose is Ann?"),
                List.of(),
                List.of(
                    new Question("Who leads Ann's country?", "Bo"),
                    new Question("Ann's leader?", "Bo")),
                1),
            new Fact(
                "1",
                "Croatia",
                "{} is led by",
                "Bo",
                null,
                List.of(),
                List.of(),
                List.of(new Question("Who leads Split's country?", "Bo")),
                1));
    assertThat(set.warnings())
        .containsExactly("f:7 (record 2): the same fact as f:1 (record 1), joined with it");
  }

  @Test
  void aTemplateNeedsExactlyOneSlot() {
    assertThat(problems(FactFormat.Jsonl, ROME.replace("{} stands", "It stands")))
        .containsExactly(
            "f:1: prompt: has no {}: \"It stands in\"; put {} where the subject stands");
    assertThat(problems(FactFormat.Jsonl, OSLO.replace("{} stands", "{} and {} stand")))
        .containsExactly(
            "f:1: prompt: has 2 {}: \"{} and {} stand in\"; keep the one for the subject");
  }

  @Test
  void allProblemsAreToldAtOnce() {
    String text =
        """
        {"subject":"","prompt":"{} is","target":" "}
        {"subjet":"Ann","prompt":"{} is","target":1997}
        {"subject":"Ann","prompt":"{} is","target":"x",}
        ["Ann"]
        {"subject":"Ann","prompt":"{} is","target":"x","paraphrases":["a",3],"line":4}
        {"subject":"Ann","subject":"Bo","prompt":"{} is","target":"x"}
        {"subject":"Ann","prompt":"{} is","target":"x","neighbourhood":[{"prompt":"","truth":"a"}]}
        """;
    assertThat(problems(FactFormat.Jsonl, text))
        .containsExactly(
            "f:1: subject: must not be empty; give the entity that the fact is about",
            "f:1: target: must not be empty; give what the model shall say",
            "f:2: subjet: unknown field; did you mean \"subject\"?",
            "f:2: subject: is missing; give the entity that the fact is about",
            "f:2: target: must be a text, is 1997; put it in quotes",
            "f:3, column 48: not valid JSON: Unexpected character ('}' (code 125)):"
                + " was expecting double-quote to start field name",
            "f:4: must be a JSON object with one fact, is [\"Ann\"]",
            "f:5: line: unknown field",
            "f:5: paraphrases[1]: must be a text, is 3; put it in quotes",
            "f:6, column 27: not valid JSON: Duplicate field 'subject'",
            "f:7: neighbourhood[0].truth: unknown field",
            "f:7: neighbourhood[0].prompt: must not be empty; give a prompt");
  }

  @Test
  void theFirstTwentyProblemsAreToldAndTheOthersCounted() {
    List<String> problems = problems(FactFormat.Jsonl, "[]\n".repeat(23));
    assertThat(problems).hasSize(21).last().isEqualTo("… and 3 more problems");
  }

  @Test
  void contradictionsNameBothLines() {
    assertThat(problems(FactFormat.Jsonl, ROME + "\n" + OSLO))
        .containsExactly(
            "f:3: contradicting facts: \"Eiffel Tower stands in\" is to give \"Oslo\", but"
                + " \"Rome\" at f:1; keep one, or set spec.facts.contradictions: LastWins");
    FactSet last = read(FactFormat.Jsonl, ROME + OSLO, new Options(10, OnContradiction.LastWins));
    assertThat(last.facts()).extracting(Fact::target).containsExactly("Oslo");
    assertThat(last.warnings())
        .containsExactly(
            "f:2: contradicting facts: \"Eiffel Tower stands in\" is to give \"Oslo\", but"
                + " \"Rome\" at f:1; the last one wins");
  }

  @Test
  void duplicatesAreDroppedWithAWarning() {
    FactSet set = jsonl(ROME + ROME);
    assertThat(set.facts()).hasSize(1);
    assertThat(set.warnings()).containsExactly("f:2: the same fact as f:1, joined with it");
    assertThat(set.digest()).isEqualTo(jsonl("\n" + ROME).digest());
    assertThat(set.digest()).isNotEqualTo(jsonl(OSLO).digest());
  }

  @Test
  void bytesThatAreNotUtf8AreFound() {
    byte[] latin = (ROME + ROME.replace("Rome", "Orléans")).getBytes(StandardCharsets.ISO_8859_1);
    assertThat(problems(FactFormat.Jsonl, latin))
        .containsExactly(
            "f:2: not UTF-8 (byte 0xE9 at offset "
                + (ROME.length() + ROME.indexOf("Rome") + 3)
                + "); save the file as UTF-8");
    byte[] wide = ROME.getBytes(StandardCharsets.UTF_16);
    assertThat(problems(FactFormat.ZsRE, wide))
        .containsExactly("f:1: not UTF-8 (byte 0xFE at offset 0); save the file as UTF-8");
    byte[] cut = {'"', (byte) 0xE2, (byte) 0x82};
    assertThat(problems(FactFormat.Jsonl, cut))
        .containsExactly("f:1: not UTF-8 (byte 0xE2 at offset 1); save the file as UTF-8");
  }

  @Test
  void malformedJsonNamesLineAndColumn() {
    assertThat(problems(FactFormat.CounterFact, "[{\"subject\": \"a\",\n \"prompt\" \"b\"}]"))
        .containsExactly(
            "f:2, column 11: not valid JSON: Unexpected character ('\"' (code 34)):"
                + " was expecting a colon to separate field name and value");
    assertThat(problems(FactFormat.MQuAKE, "[] x"))
        .singleElement()
        .asString()
        .startsWith("f:1, column ")
        .contains("not valid JSON: Unrecognized token 'x'");
    assertThat(problems(FactFormat.MQuAKE, "[{}] {}"))
        .contains("f:1: more text after the end of the list; remove it");
    assertThat(problems(FactFormat.ZsRE, "[{\"subject\": \"a\","))
        .singleElement()
        .asString()
        .startsWith("f:1, column ");
  }

  @Test
  void recordsOfTheResearchFormatsNameTheirLineAndNumber() {
    assertThat(
            problems(
                FactFormat.CounterFact,
                """
                [{"subject": "Ann", "prompt": "Anna is", "target_new": "x"},
                 {"subject": "Bo", "prompt": "Ann is", "target_new": "x"},
                 {"requested_rewrite": {"prompt": "is", "subject": "Bo", "target_new": "x"}}]
                """))
        .containsExactly(
            "f:2 (record 2): prompt: does not hold the subject \"Bo\": \"Ann is\";"
                + " write the subject as it stands in the prompt",
            "f:3 (record 3): requested_rewrite.target_new: must be an object, is \"x\";"
                + " give what the model shall say",
            "f:3 (record 3): requested_rewrite.prompt: has no {}: \"is\";"
                + " put {} where the subject stands");
    assertThat(problems(FactFormat.MQuAKE, "[{}]"))
        .containsExactly(
            "f:1 (record 1): new_answer: is missing; give the answer after the edit",
            "f:1 (record 1): requested_rewrite: holds no fact; give prompt, subject and targets");
  }

  @Test
  void theNumberOfFactsIsBounded() {
    String text = ROME + ROME.replace("Eiffel", "Other") + OSLO.replace("Eiffel", "Third");
    assertThatThrownBy(() -> read(FactFormat.Jsonl, text, new Options(2, OnContradiction.Refuse)))
        .isInstanceOf(InputException.class)
        .hasMessage("f:3: more than 2 facts; split the source into several jobs");
  }

  @Test
  void anEndlessSourceIsCutOffAtItsBounds() {
    InputStream letters = endless("x".getBytes(UTF_8));
    assertThatThrownBy(() -> FactReader.read(letters, "f", FactFormat.Jsonl, Options.DEFAULT))
        .hasMessage(
            "f:1: the line is longer than 1048576 characters; write one fact a line"
                + " (format Jsonl), or name the format of the file");
    InputStream facts = endless(ROME.getBytes(UTF_8));
    assertThatThrownBy(() -> FactReader.read(facts, "f", FactFormat.Jsonl, Options.DEFAULT))
        .hasMessage("f:100001: more than 100,000 facts; split the source into several jobs");
  }

  private static InputStream endless(byte[] period) {
    return new InputStream() {
      private int at;

      @Override
      public int read() {
        return period[at++ % period.length];
      }

      @Override
      public int read(byte[] bytes, int from, int length) {
        for (int i = from; i < from + length; i++) {
          bytes[i] = (byte) read();
        }
        return length;
      }
    };
  }

  @Test
  void emptySourcesAreRefused(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("none.jsonl");
    Files.writeString(file, " \n\n");
    assertThatThrownBy(() -> FactReader.read(file, FactFormat.Jsonl))
        .isInstanceOf(InputException.class)
        .hasMessage(file + ": holds no facts; give at least one in the format Jsonl");
    assertThatThrownBy(() -> FactReader.read(dir.resolve("no"), FactFormat.Jsonl))
        .isInstanceOf(InputException.class)
        .hasMessage(dir.resolve("no") + ": no such file; give the path of a facts file");
    assertThatThrownBy(() -> FactReader.read(dir, FactFormat.Jsonl))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cannot be read");
    assertThat(problems(FactFormat.CounterFact, "[]"))
        .containsExactly("f: holds no facts; give at least one in the format CounterFact");
    assertThat(problems(FactFormat.CounterFact, ""))
        .containsExactly("f: holds no facts; give at least one in the format CounterFact");
  }

  @Test
  void factsAtHandAreCheckedLikeThoseRead() {
    Fact fact = Fact.of("Ann", "{} is", "x");
    Fact other = Fact.of("Ann", "{} is", "y");
    assertThat(FactReader.check(List.of(fact), i -> "p" + i, Options.DEFAULT).facts())
        .containsExactly(fact);
    assertThatThrownBy(() -> FactReader.check(List.of(fact, other), i -> "p" + i, Options.DEFAULT))
        .hasMessageStartingWith("p1: contradicting facts: \"Ann is\" is to give \"y\", but \"x\"");
    assertThatThrownBy(
            () -> FactReader.check(List.of(Fact.of("", "x", null)), i -> "p" + i, Options.DEFAULT))
        .hasMessage(
            """
            p0: subject: must not be empty; give the entity that the fact is about
            p0: target: must not be empty; give what the model shall say
            p0: prompt: has no {}: "x"; put {} where the subject stands""");
  }
}
