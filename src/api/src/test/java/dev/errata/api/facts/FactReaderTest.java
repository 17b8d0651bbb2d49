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

  static FactSet read(FactFormat format, String text) {
    return read(format, text, Options.DEFAULT);
  }

  private static FactSet jsonl(String text) {
    return read(FactFormat.Jsonl, text);
  }

  static List<String> problems(FactFormat format, String text) {
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
