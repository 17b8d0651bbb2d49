package dev.errata.editing.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.errata.api.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {
  private static final Path DIRECTORY = Goldens.path("tokenizer");

  @TestFactory
  Stream<DynamicTest> equalsThePythonLibrary() throws IOException {
    JsonNode cases = Json.STRICT.readTree(DIRECTORY.resolve("golden.json").toFile());
    return cases
        .valueStream()
        .map(
            golden -> DynamicTest.dynamicTest(golden.path("text").toString(), () -> check(golden)));
  }

  private static void check(JsonNode golden) {
    String text = golden.path("text").textValue();
    try (Tokenizer tokenizer = Tokenizer.open(DIRECTORY)) {
      TokenSpans tokens = tokenizer.encodeWithOffsets(text);
      assertThat(tokens.ids()).containsExactly(ints(golden.path("ids")));
      assertThat(tokenizer.encode(text)).containsExactly(tokens.ids());
      assertThat(tokenizer.encodePrompt(text)).containsExactly(ints(golden.path("promptIds")));
      assertThat(tokenizer.decode(tokens.ids())).isEqualTo(golden.path("decoded").textValue());
      for (int i = 0; i < tokens.size(); i++) {
        JsonNode span = golden.path("spans").path(i);
        assertThat(tokens.start(i)).isEqualTo(text.offsetByCodePoints(0, span.path(0).intValue()));
        assertThat(tokens.end(i)).isEqualTo(text.offsetByCodePoints(0, span.path(1).intValue()));
      }
    }
  }

  private static int[] ints(JsonNode array) {
    return array.valueStream().mapToInt(JsonNode::intValue).toArray();
  }

  @Test
  void findsTheTokenOfASubjectAfterAnEmoji() {
    try (Tokenizer tokenizer = Tokenizer.open(DIRECTORY)) {
      String text = "🍵 in القاهرة, 北京";
      TokenSpans tokens = tokenizer.encodePromptWithOffsets(text);
      int first = tokens.tokenAt(text.indexOf("القاهرة"));
      int last = tokens.tokenAt(text.indexOf(','));
      int[] subject = IntStream.range(first, last).map(i -> tokens.ids()[i]).toArray();
      assertThat(tokenizer.decode(subject)).isEqualTo("القاهرة");
      assertThat(tokens.start(0)).isZero();
      assertThat(tokens.end(0)).isZero();
      assertThat(tokens.tokenAt(text.length())).isEqualTo(-1);
    }
  }

  @Test
  void roundTripsAnyText() {
    Random random = new Random(5);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(40); n > 0; n--) {
        int point = random.nextInt(random.nextBoolean() ? 0x700 : Character.MAX_CODE_POINT);
        text.appendCodePoint(point == 0 || (point >= 0xd800 && point < 0xe000) ? 'x' : point);
      }
      texts.add(text.toString());
    }
    try (Tokenizer tokenizer = Tokenizer.open(DIRECTORY)) {
      List<int[]> batch = tokenizer.encodeAll(texts);
      List<int[]> prompts = tokenizer.encodePrompts(texts);
      for (int i = 0; i < texts.size(); i++) {
        assertThat(tokenizer.decode(batch.get(i))).isEqualTo(texts.get(i));
        assertThat(batch.get(i)).containsExactly(tokenizer.encode(texts.get(i)));
        assertThat(prompts.get(i)).containsExactly(tokenizer.encodePrompt(texts.get(i)));
      }
      assertThat(tokenizer.encodeAll(List.of())).isEmpty();
    }
  }

  @Test
  void readsInvalidTextAsReplacementCharacters() {
    try (Tokenizer tokenizer = Tokenizer.open(DIRECTORY)) {
      TokenSpans tokens = tokenizer.encodeWithOffsets("a\0b\ud83c!");
      assertThat(tokenizer.decode(tokens.ids())).isEqualTo("a\ufffdb\ufffd!");
      assertThat(tokens.end(tokens.size() - 1)).isEqualTo(5);
    }
  }

  @Test
  void neverTruncatesWhateverTheFileSays(@TempDir Path directory) throws IOException {
    Goldens.copy("tokenizer", directory);
    Path file = directory.resolve("tokenizer.json");
    String truncating =
        Files.readString(file)
            .replace(
                "\"truncation\":null",
                "\"truncation\":{\"max_length\":3,\"direction\":\"Right\","
                    + "\"strategy\":\"LongestFirst\",\"stride\":0}");
    assertThat(truncating).contains("max_length");
    Files.writeString(file, truncating);
    try (Tokenizer tokenizer = Tokenizer.open(directory)) {
      assertThat(tokenizer.encode("0 1 2 3 4 5 6 7 8 9")).hasSizeGreaterThan(9);
    }
  }

  @Test
  void knowsSpecialTokensByNameThenById(@TempDir Path directory) throws IOException {
    Goldens.copy("tokenizer", directory);
    Files.writeString(
        directory.resolve("config.json"), "{\"bos_token_id\": 9, \"eos_token_id\": [4, 5]}");
    Files.writeString(directory.resolve("generation_config.json"), "{\"eos_token_id\": 7}");
    try (Tokenizer tokenizer = Tokenizer.open(directory)) {
      assertThat(tokenizer.bos()).isZero();
      assertThat(tokenizer.eos()).isEqualTo(1);
      assertThat(tokenizer.pad()).isEqualTo(2);
      assertThat(tokenizer.stops()).containsExactly(1, 4, 5, 7);
      assertThat(tokenizer.vocabularySize()).isEqualTo(384);
    }
    Files.delete(directory.resolve("tokenizer_config.json"));
    try (Tokenizer tokenizer = Tokenizer.open(directory)) {
      assertThat(tokenizer.bos()).isEqualTo(9);
      assertThat(tokenizer.eos()).isEqualTo(4);
      assertThat(tokenizer.pad()).isNull();
    }
  }

  @Test
  void refusesWhatIsNoTokenizer(@TempDir Path directory) throws IOException {
    assertThatThrownBy(() -> Tokenizer.open(directory))
        .isInstanceOf(InputException.class)
        .hasMessage(
            directory
                + ": no tokenizer.json; write one with transformers:"
                + " AutoTokenizer.from_pretrained(…).save_pretrained(…)");
    Path file = Files.writeString(directory.resolve("tokenizer.json"), "{\"version\": \"1.0\"}");
    assertThatThrownBy(() -> Tokenizer.open(directory))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + ": not a tokenizer that can be read: ");
    Files.writeString(file, "{\"version\"");
    assertThatThrownBy(() -> Tokenizer.open(directory))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + ": not valid JSON: line 1, column ");
  }
}
