package dev.errata.api.listing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.errata.api.InputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListingTest {
  private static final int FACTS = 200;

  /** What a kubelet's log may be, less what a container runtime writes before each line. */
  private static final int KEPT = 9 << 20;

  private static void tell(ListingWriter writer) {
    writer.version(ListedVersion.of("v1", "it is away"));
    writer.version(
        new ListedVersion(
            "v2",
            null,
            "sha256:2",
            "2026-11-21T00:00:00Z",
            List.of(new ListedVersion.Stage("Values", 1.5, "facts", 2L))));
    writer.tensor(JsonNodeFactory.instance.objectNode().put("name", "w"));
    for (int i = 0; i < FACTS; i++) {
      writer.fact(fact(i));
    }
    writer.end();
  }

  private static ListedFact fact(int i) {
    return new ListedFact(null, "آدا\r\n" + i, "لغة {}", "\"العربية\"", null, i % 2 == 0);
  }

  private static String part(int part, int stretch) {
    ListingWriter writer = new ListingWriter(part, stretch);
    tell(writer);
    return finish(writer);
  }

  private static String finish(ListingWriter writer) {
    StringWriter log = new StringWriter();
    writer.finish(new PrintWriter(log));
    return log.toString();
  }

  private static ListingPart read(String log) throws IOException {
    return ListingPart.read(new StringReader(log));
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 1000, 7777, ListingWriter.STRETCH})
  void partsMakeUpTheWhole(int stretch) throws IOException {
    List<ListingLine> lines = new ArrayList<>();
    int parts = read(part(0, stretch)).head().parts();
    for (int i = 0; i < parts; i++) {
      ListingPart part = read(part(i, stretch));
      assertThat(part.head().part()).isEqualTo(i);
      assertThat(part.head().parts()).isEqualTo(parts);
      part.lines().forEachRemaining(lines::add);
    }
    assertThat(read(part(parts, stretch)).lines().hasNext()).isFalse();
    assertThat(lines).hasSize(FACTS + 4);
    assertThat(lines.get(0).version().problem()).isEqualTo("it is away");
    assertThat(lines.get(1).version().stages().get(0).seconds()).isEqualTo(1.5);
    assertThat(lines.get(2).tensor().path("name").asText()).isEqualTo("w");
    for (int i = 0; i < FACTS; i++) {
      assertThat(lines.get(3 + i).fact()).isEqualTo(fact(i));
    }
    assertThat(lines.get(FACTS + 3).end()).isEqualTo(new ListingLine.End(FACTS, 0));
  }

  @Test
  void otherLinesOfTheLogDoNotMatter() throws IOException {
    String log = "a warning\n" + part(0, 1 << 20).replace("\nerrata", "\nanother\nerrata") + "x\n";
    assertThat(read(log).lines().next().version().version()).isEqualTo("v1");
  }

  @ParameterizedTest
  @CsvSource({
    "errata.listing.begin,errata,does not hold the beginning",
    "errata.listing.end,errata,does not hold all",
    "'errata.listing H','errata H',does not hold all",
    "'errata.listing H','errata.listing I',does not hold all",
    "'errata.listing H','errata.listing *',a line of a listing that is none",
    "'begin {','begin {x',holds no listing",
  })
  void aLogThatIsNotWholeIsRefused(String of, String to, String words) {
    String log = part(0, 1 << 20);
    assertThat(log).contains(of);
    assertThatThrownBy(() -> read(log.replace(of, to)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(words);
  }

  @Test
  void noPartIsLongerThanAKubeletKeeps() throws IOException {
    Random random = new Random(3);
    ListingWriter writer = new ListingWriter(0);
    writer.version(new ListedVersion("v1", null, "d", "c", List.of()));
    for (int i = 0; i < 10; i++) {
      StringBuilder text = new StringBuilder();
      while (text.length() < ListingWriter.MAX_LINE - 100) {
        text.append((char) ('#' + random.nextInt(88)));
      }
      writer.fact(new ListedFact(null, "s", "{}", text.toString().replace('\\', '/'), null, true));
    }
    writer.fact(new ListedFact(null, "s", "{}", "x".repeat(ListingWriter.MAX_LINE), null, true));
    writer.end();
    String log = finish(writer);
    assertThat(log.length()).isBetween(ListingWriter.STRETCH, ListingPart.MAX_LOG);
    assertThat(ListingPart.MAX_LOG).isLessThan(KEPT);
    assertThat(log.lines().mapToInt(String::length).max().orElseThrow()).isLessThan(16 << 10);
    assertThat(read(log).head().parts()).isEqualTo(3);
  }

  @Test
  void whatIsTooLongIsCounted() throws IOException {
    ListingWriter writer = new ListingWriter(0);
    writer.version(new ListedVersion("v1", null, "d", "c", List.of()));
    writer.fact(new ListedFact(null, "s", "{}", "x".repeat(ListingWriter.MAX_LINE), null, true));
    writer.fact(fact(1));
    writer.end();
    List<ListingLine> lines = new ArrayList<>();
    read(finish(writer)).lines().forEachRemaining(lines::add);
    assertThat(lines).hasSize(3);
    assertThat(lines.get(2).end()).isEqualTo(new ListingLine.End(1, 1));
  }
}
