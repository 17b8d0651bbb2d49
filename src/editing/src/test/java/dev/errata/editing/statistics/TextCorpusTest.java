package dev.errata.editing.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import blue.strategic.parquet.ParquetWriter;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Goldens;
import dev.errata.editing.checkpoint.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Types;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextCorpusTest {
  private static final int WIDTH = 8;
  private static final List<String> TEXTS =
      List.of("The first document tells of \u00e9clairs.", "Second one.", "And a third, at last.");

  @TempDir Path folder;

  private final Tokenizer tokenizer = Tokenizer.open(Goldens.path("tokenizer"));

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private TextCorpus corpus(Path path) {
    return new TextCorpus(CorpusFiles.of(path), path, tokenizer, WIDTH);
  }

  private static int[][] all(Corpus corpus, long tokens) {
    List<int[]> rows = new ArrayList<>();
    corpus.rows(tokens).forEachRemaining(rows::add);
    return rows.toArray(int[][]::new);
  }

  /** Text, end token, text, end token, …; seven tokens a window behind a BOS. */
  private int[][] expected(List<String> documents, int tokens) {
    List<Integer> stream = new ArrayList<>();
    for (String document : documents) {
      Arrays.stream(tokenizer.encode(document)).forEach(stream::add);
      stream.add(tokenizer.eos());
    }
    List<int[]> rows = new ArrayList<>();
    for (int left = tokens; left > 0; left -= WIDTH) {
      int[] row = new int[Math.min(WIDTH, left)];
      row[0] = tokenizer.bos();
      for (int i = 1; i < row.length; i++) {
        row[i] = stream.remove(0);
      }
      rows.add(row);
    }
    return rows.toArray(int[][]::new);
  }

  private Path write(String name) throws IOException {
    Path file = folder.resolve(name);
    if (name.endsWith(".parquet")) {
      parquet(file, "text");
    } else if (name.endsWith(".jsonl")) {
      StringBuilder lines = new StringBuilder("\ufeff");
      for (String text : TEXTS) {
        lines.append("{\"id\": 1, \"text\": \"").append(text).append("\"}\n\n");
      }
      Files.writeString(file, lines);
    }
    return file;
  }

  private static void parquet(Path file, String column) throws IOException {
    MessageType schema =
        new MessageType(
            "rows",
            Types.required(PrimitiveTypeName.INT32).named("id"),
            Types.required(PrimitiveTypeName.BINARY)
                .as(LogicalTypeAnnotation.stringType())
                .named(column));
    try (ParquetWriter<String> writer =
        ParquetWriter.writeFile(
            schema,
            file.toFile(),
            (text, cells) -> {
              cells.write("id", text.length());
              cells.write(column, text);
            })) {
      for (String text : TEXTS) {
        writer.write(text);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"some.jsonl", "some.parquet"})
  void readsDocuments(String name) throws IOException {
    Path file = write(name);
    assertThat(all(corpus(file), 29)).isDeepEqualTo(expected(TEXTS, 29));
  }

  @ParameterizedTest
  @ValueSource(strings = {"some.txt", "some.MD"})
  void readsPlainText(String name) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(file, TEXTS.get(0));
    assertThat(all(corpus(file), 12)).isDeepEqualTo(expected(TEXTS.subList(0, 1), 12));
    assertThat(corpus(file).name()).isEqualTo(file.toString());
  }

  @Test
  void readsAFolderInOrderOfItsNames() throws IOException {
    Files.createDirectories(folder.resolve("b/.hidden"));
    Files.writeString(folder.resolve("b/2.txt"), TEXTS.get(1));
    Files.writeString(folder.resolve("a.txt"), TEXTS.get(0));
    Files.writeString(folder.resolve("c.jsonl"), "{\"text\": \"" + TEXTS.get(2) + "\"}");
    Files.writeString(folder.resolve("b/.hidden/x.txt"), "nothing of this");
    Files.writeString(folder.resolve("a.py"), "nor of this");
    assertThat(all(corpus(folder), 29)).isDeepEqualTo(expected(TEXTS, 29));
  }

  @Test
  void readsLongTextInPieces() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      text.append("word ");
    }
    Path file = folder.resolve("long.txt");
    Files.writeString(file, text);
    int[] word = tokenizer.encode("word word ");
    long tokens = 10_000;
    List<int[]> rows = List.of(all(corpus(file), tokens));
    assertThat(rows.stream().mapToLong(row -> row.length).sum()).isEqualTo(tokens);
    assertThat(rows).noneMatch(row -> Arrays.stream(row).skip(1).anyMatch(t -> t == 1));
    assertThat(word).contains(rows.get(3)[4]);
  }

  @Test
  void digestFollowsContentAndPlaceInTheFolderOnly() throws IOException {
    Path file = folder.resolve("a.txt");
    Files.writeString(file, "one");
    String first = corpus(folder).digest();
    Path copy = Files.createDirectories(folder.resolve("../" + folder.getFileName() + "-copy"));
    Files.writeString(copy.resolve("a.txt"), "one");
    assertThat(corpus(copy).digest()).isEqualTo(first);
    Files.writeString(file, "two");
    assertThat(corpus(folder).digest()).isNotEqualTo(first);
  }

  private void requireRefused(Path path, String... words) {
    assertThatThrownBy(
            () -> {
              Iterator<int[]> rows = corpus(path).rows(1000);
              while (rows.hasNext()) {
                rows.next();
              }
            })
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll(words);
  }

  @Test
  void refusesWithOneMessage() throws IOException {
    requireRefused(folder.resolve("none"), "none", "no such file");
    requireRefused(folder, "no text in this folder", ".parquet");
    Path binary = Files.write(folder.resolve("a.bin"), new byte[3]);
    requireRefused(binary, "a.bin", ".txt");
    Path shortText = Files.writeString(folder.resolve("a.txt"), TEXTS.get(0));
    int held = tokenizer.encode(TEXTS.get(0)).length + 1;
    held += (held + WIDTH - 2) / (WIDTH - 1);
    requireRefused(shortText, "a.txt", "holds only " + held + " of the 1000 tokens", "Self");
    requireRefused(Files.writeString(folder.resolve("b.txt"), " \n"), "b.txt: no text in it");
    Path latin = Files.write(folder.resolve("c.txt"), new byte[] {'a', (byte) 0xe9, 'b'});
    requireRefused(latin, "c.txt:1: not UTF-8", "0xE9");
    Path json = Files.writeString(folder.resolve("d.jsonl"), "{\"text\": \"a\"}\n{\"txt\": 1}\n");
    requireRefused(json, "d.jsonl:2", "text");
    requireRefused(Files.writeString(folder.resolve("e.jsonl"), "\n{\n"), "e.jsonl:2", "JSON");
    requireRefused(Files.writeString(folder.resolve("f.parquet"), "no"), "f.parquet", "Parquet");
    Path other = folder.resolve("g.parquet");
    parquet(other, "content");
    requireRefused(other, "g.parquet: no column 'text'", "[id, content]");
  }
}
