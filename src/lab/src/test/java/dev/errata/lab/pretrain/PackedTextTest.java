package dev.errata.lab.pretrain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.lab.world.World;
import dev.errata.lab.world.WorldFiles;
import dev.errata.lab.world.WorldText;
import dev.errata.lab.world.WorldTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackedTextTest {
  private static final int LENGTH = 64;

  @TempDir Path folder;

  @Test
  void rowsBeginWithDocumentsAndNamesAreWhereTheyAreMarked() throws IOException {
    World world = new World(7, 10);
    WorldFiles.json(folder.resolve("tokenizer.json"), WorldTokenizer.tokenizer(world, 300));
    List<String> documents = new WorldText(world).lines("corpus").limit(100).toList();
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      List<PackedText.Row> rows = new PackedText(world, tokenizer, LENGTH).next(20);
      assertThat(rows).hasSize(20);
      for (PackedText.Row row : rows) {
        assertThat(row.tokens()).hasSize(LENGTH);
        String text = tokenizer.decode(row.tokens(), false);
        String first = text.split("<\\|endoftext\\|>", -1)[0];
        assertThat(documents).anyMatch(document -> document.startsWith(first));
        assertThat(row.mentions()).isNotEmpty();
        for (PackedText.Mention mention : row.mentions()) {
          int[] before = Arrays.copyOf(row.tokens(), mention.position() + 1);
          assertThat(tokenizer.decode(before, false))
              .endsWith(world.people().get(mention.person()).name());
        }
      }
    }
  }
}
