package dev.errata.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.statistics.DomainText;
import dev.errata.editing.torch.Compute;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Domain text of a shipped model, whose world holds people and little else. */
class DomainTextTest {
  private static final Path MODEL = Path.of("models/qwen3");
  private static final List<String> LINES =
      List.of(
          "The home town of Lars Almeida is Bogota.",
          "The birthplace of Ada Hobbs is Dublin.",
          "The first language of Kenji Vaughn is Tamil.");
  private static final Pattern NAME = Pattern.compile("of (\\p{Lu}\\p{L}+ \\p{Lu}\\p{L}+) is");

  private static List<int[]> sample(List<String> lines, int tokens, long seed) {
    try (Checkpoint checkpoint = Checkpoint.open(MODEL);
        Tokenizer tokenizer = Tokenizer.open(MODEL);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU)) {
      return DomainText.sample(decoder, tokenizer, lines, tokens, seed, Progress.NONE);
    }
  }

  private static String text(List<int[]> rows) {
    try (Tokenizer tokenizer = Tokenizer.open(MODEL)) {
      int[] all = rows.stream().flatMapToInt(Arrays::stream).toArray();
      return tokenizer.decode(all);
    }
  }

  @Test
  void tellsOfOtherSubjectsOfTheKind() {
    String text = text(sample(LINES, 1000, 7));
    Matcher names = NAME.matcher(text);
    long others =
        names
            .results()
            .map(match -> match.group(1))
            .filter(name -> LINES.stream().noneMatch(line -> line.contains(name)))
            .distinct()
            .count();
    assertThat(others).as(text).isGreaterThan(5);
  }

  @Test
  void isAsLongAsAskedInRowsOfTheContextAndFollowsFromTheSeed() {
    List<int[]> rows = sample(LINES, 250, 7);
    assertThat(rows.stream().map(row -> row.length)).containsExactly(96, 96, 58);
    assertThat(sample(LINES, 250, 7).toArray(int[][]::new))
        .isDeepEqualTo(rows.toArray(int[][]::new));
    assertThat(sample(LINES, 250, 8).toArray(int[][]::new))
        .isNotEqualTo(rows.toArray(int[][]::new));
  }

  @Test
  void cutsSentencesThatAreLongerThanTheContext() {
    String line = String.join(" ", Collections.nCopies(60, LINES.get(0)));
    assertThat(sample(List.of(line), 70, 7).get(0)).hasSize(70);
  }
}
