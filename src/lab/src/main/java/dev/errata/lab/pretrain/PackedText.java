package dev.errata.lab.pretrain;

import dev.errata.editing.checkpoint.TokenSpans;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.lab.world.Person;
import dev.errata.lab.world.World;
import dev.errata.lab.world.WorldText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * A world's documents as endless rows of tokens. A row begins with a document; each document ends
 * with the end of text; what does not fit into the row is left out.
 */
final class PackedText {
  /**
   * A name in a row.
   *
   * @param position of its last token
   * @param person index of whose name it is among the world's people
   */
  record Mention(int position, int person) {}

  /**
   * Tokens to train on.
   *
   * @param tokens as many as a row is long
   * @param mentions the names that end in the row
   */
  record Row(int[] tokens, List<Mention> mentions) {}

  private final Tokenizer tokenizer;
  private final Iterator<WorldText.Document> documents;
  private final Map<Person, Integer> numbers = new HashMap<>();
  private final int length;

  /** The text that models are trained on. */
  PackedText(World world, Tokenizer tokenizer, int length) {
    this(world, tokenizer, length, "corpus");
  }

  /** The text for a purpose; another purpose gives another text. */
  PackedText(World world, Tokenizer tokenizer, int length, String purpose) {
    this.tokenizer = tokenizer;
    this.length = length;
    this.documents = new WorldText(world).documents(purpose).iterator();
    world.people().forEach(person -> numbers.put(person, numbers.size()));
  }

  /** The next rows. */
  List<Row> next(int rows) {
    List<Row> result = new ArrayList<>();
    while (result.size() < rows) {
      result.add(row());
    }
    return result;
  }

  private Row row() {
    int[] tokens = new int[length];
    List<Mention> mentions = new ArrayList<>();
    int filled = 0;
    while (filled < length) {
      WorldText.Document document = documents.next();
      TokenSpans spans = tokenizer.encodeWithOffsets(document.text());
      int[] ids = spans.ids();
      for (WorldText.Mention mention : document.mentions()) {
        int position = filled + lastToken(spans, mention);
        if (position < length) {
          mentions.add(new Mention(position, numbers.get(mention.person())));
        }
      }
      // Zeros are left between documents: the end of text.
      System.arraycopy(ids, 0, tokens, filled, Math.min(ids.length, length - filled));
      filled += ids.length + 1;
    }
    return new Row(tokens, List.copyOf(mentions));
  }

  private static int lastToken(TokenSpans spans, WorldText.Mention mention) {
    int index = spans.tokenAt(mention.end() - 1);
    if (index < 0 || spans.end(index) != mention.end()) {
      throw new IllegalStateException("no token ends with the name of " + mention.person().name());
    }
    return index;
  }
}
