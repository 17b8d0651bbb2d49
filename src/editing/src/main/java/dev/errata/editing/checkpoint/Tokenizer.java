package dev.errata.editing.checkpoint;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import dev.errata.api.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The tokenizer of a checkpoint, read from its {@code tokenizer.json}. It never truncates and never
 * pads. A text that is not valid Unicode, or holds U+0000, is read with U+FFFD in those places.
 * Instances may be shared between threads.
 */
public final class Tokenizer implements AutoCloseable {
  private static final String FILE = "tokenizer.json";
  private static final Map<String, String> OPTIONS =
      Map.of("truncation", "false", "padding", "false");

  private final HuggingFaceTokenizer tokenizer;
  private final SpecialTokens specials;

  private Tokenizer(HuggingFaceTokenizer tokenizer, SpecialTokens specials) {
    this.tokenizer = tokenizer;
    this.specials = specials;
  }

  /**
   * Opens the tokenizer of a checkpoint directory.
   *
   * @throws InputException when there is no {@code tokenizer.json} or it cannot be read
   */
  public static Tokenizer open(Path directory) {
    Path file = directory.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          directory
              + ": no tokenizer.json; write one with transformers:"
              + " AutoTokenizer.from_pretrained(…).save_pretrained(…)");
    }
    SpecialTokens specials = SpecialTokens.read(directory, file);
    try (InputStream in = Files.newInputStream(file)) {
      return new Tokenizer(HuggingFaceTokenizer.newInstance(in, OPTIONS), specials);
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    } catch (RuntimeException e) {
      // The native library reports every wrong tokenizer.json as a plain RuntimeException.
      throw new InputException(file + ": not a tokenizer that can be read: " + e.getMessage());
    }
  }

  /** Ids of a text without special tokens; a special token written in the text is still one. */
  public int[] encode(String text) {
    return ids(tokenizer.encode(valid(text), false, false));
  }

  /** Ids of a text with the special tokens that the model's own tokenizer adds, such as BOS. */
  public int[] encodePrompt(String text) {
    return ids(tokenizer.encode(valid(text), true, false));
  }

  /**
   * Ids of a text that goes on behind another, without special tokens: its tokens in the joined
   * text where those begin with the tokens of the first text alone, otherwise its own. The two
   * differ for tokenizers that put a blank before every text.
   */
  public int[] encodeContinuation(String before, String text) {
    int[] head = encode(before);
    int[] joined = encode(before + text);
    boolean begins =
        joined.length > head.length && Arrays.equals(head, 0, head.length, joined, 0, head.length);
    return begins ? Arrays.copyOfRange(joined, head.length, joined.length) : encode(text);
  }

  /** {@link #encode} for several texts at once. */
  public List<int[]> encodeAll(List<String> texts) {
    return batch(texts, false);
  }

  /** {@link #encodePrompt} for several texts at once. */
  public List<int[]> encodePrompts(List<String> texts) {
    return batch(texts, true);
  }

  private List<int[]> batch(List<String> texts, boolean withSpecials) {
    if (texts.isEmpty()) {
      return List.of();
    }
    List<String> valid = texts.stream().map(Tokenizer::valid).toList();
    return Arrays.stream(tokenizer.batchEncode(valid, withSpecials, false))
        .map(Tokenizer::ids)
        .toList();
  }

  /** {@link #encode} with the place of each token in the text. */
  public TokenSpans encodeWithOffsets(String text) {
    return withOffsets(text, false);
  }

  /** {@link #encodePrompt} with the place of each token in the text. */
  public TokenSpans encodePromptWithOffsets(String text) {
    return withOffsets(text, true);
  }

  private TokenSpans withOffsets(String text, boolean withSpecials) {
    String valid = valid(text);
    Encoding encoding = tokenizer.encode(valid, withSpecials, false);
    int[] charOfCodePoint = charOfCodePoint(valid);
    CharSpan[] spans = encoding.getCharTokenSpans();
    int[] starts = new int[spans.length];
    int[] ends = new int[spans.length];
    int last = 0;
    for (int i = 0; i < spans.length; i++) {
      // The native library counts code points and has no span for added tokens.
      starts[i] = spans[i] == null ? last : charOfCodePoint[spans[i].getStart()];
      ends[i] = spans[i] == null ? last : charOfCodePoint[spans[i].getEnd()];
      last = ends[i];
    }
    return new TokenSpans(ids(encoding), starts, ends);
  }

  private static int[] charOfCodePoint(String text) {
    int[] index = new int[text.codePointCount(0, text.length()) + 1];
    for (int i = 1; i < index.length; i++) {
      index[i] = text.offsetByCodePoints(index[i - 1], 1);
    }
    return index;
  }

  /** The text of some tokens, special tokens left out. */
  public String decode(int[] ids) {
    return decode(ids, true);
  }

  /** The text of some tokens, special tokens left out or written as they are named. */
  public String decode(int[] ids, boolean skipSpecials) {
    return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), skipSpecials);
  }

  /** Id of the token that begins a text, or null when the model has none. */
  public Integer bos() {
    return specials.bos();
  }

  /** Id of the token that ends a text, or null when the model has none. */
  public Integer eos() {
    return specials.eos();
  }

  /** Id of the token that fills up short texts of a batch, or null when the model has none. */
  public Integer pad() {
    return specials.pad();
  }

  /** All ids at which generation ends: {@link #eos()} and those of the configurations. */
  public Set<Integer> stops() {
    return specials.stops();
  }

  /** The largest id of the tokenizer plus one; a model's embedding may have more rows. */
  public int vocabularySize() {
    return specials.vocabularySize();
  }

  /** Releases the native tokenizer. */
  @Override
  public void close() {
    tokenizer.close();
  }

  private static int[] ids(Encoding encoding) {
    return Arrays.stream(encoding.getIds()).mapToInt(Math::toIntExact).toArray();
  }

  /** JNI hands over modified UTF-8, in which U+0000 and lone surrogates are not what they seem. */
  private static String valid(String text) {
    StringBuilder valid = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (pair) {
        i++;
      } else if (c == 0 || Character.isSurrogate(c)) {
        valid = valid == null ? new StringBuilder(text) : valid;
        valid.setCharAt(i, '\ufffd');
      }
    }
    return valid == null ? text : valid.toString();
  }
}
