package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Architecture;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Generation;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/**
 * Text sampled from the model itself, a batch of rows at a time.
 *
 * <p>A row begins as the model's texts begin and then with a word drawn from the vocabulary: a lone
 * start token is an attention sink behind which small models tell little but junk, and the word
 * makes rows differ from their first token on.
 *
 * <p>Row r draws from the r-th {@code split()} of a {@code SplittableRandom(seed)}: tokens by
 * {@code nextInt(vocabulary)} until one is a word, then one {@code nextDouble()} u a token, by
 * inverse transform: the first token at which the running sum of the probabilities, in the order of
 * the vocabulary, exceeds u. The same seed, settings, model and device type give the same tokens.
 */
public final class SelfText implements Corpus {
  /** A model whose rows are shorter than this on average has no text to tell. */
  private static final int LEAST = 8;

  private final Decoder decoder;
  private final Settings settings;
  private final Path folder;
  private final String digest;

  /** Tokens drawn for a first word before any token will do: a vocabulary may hold no words. */
  private static final int DRAWS = 1000;

  /** Bytes that the keys and values of a batch may take. */
  private static final long CACHE = 1L << 29;

  /**
   * How to sample.
   *
   * @param start what every row begins with, may be empty
   * @param words how many tokens to draw first words from, and which of them are words
   * @param stops tokens that end a row and are no part of it
   * @param length tokens of a row at most, the start included
   * @param batch rows sampled at once
   * @param temperature what the logits are divided by, above 0
   * @param seed of the random numbers
   */
  public record Settings(
      List<Integer> start,
      Words words,
      Set<Integer> stops,
      int length,
      int batch,
      double temperature,
      long seed) {
    public Settings {
      start = List.copyOf(start);
      stops = Set.copyOf(stops);
    }

    /**
     * Rows of 64 tokens at temperature 1 that begin with BOS, else with the token behind which a
     * new text begins. As many rows run together as keep their keys and values, in float32, within
     * half a gigabyte; that follows from the model alone, so that its text does not depend on the
     * machine.
     */
    public static Settings of(Tokenizer tokenizer, Architecture model, long seed) {
      Integer first = tokenizer.bos() != null ? tokenizer.bos() : tokenizer.eos();
      int length = Math.min(64, model.positions());
      long token = 2L * model.attention().keyValueHeads() * model.attention().headDim();
      long row = token * model.layers() * length * Float.BYTES;
      int batch = (int) Math.max(16, Math.min(512, CACHE / row));
      return new Settings(
          first == null ? List.of() : List.of(first),
          Words.of(tokenizer, model.vocabulary()),
          tokenizer.stops(),
          length,
          batch,
          1,
          seed);
    }
  }

  /**
   * The tokens that first words are drawn from.
   *
   * @param tokens first words are among tokens 0 to {@code tokens − 1}
   * @param word whether a token is a word
   */
  public record Words(int tokens, IntPredicate word) {
    private static final Pattern WORD = Pattern.compile("\\s?(\\p{L}{2,})\\s\\1");

    /**
     * Tokens that are letters behind a blank. Some tokenizers drop the blank that begins a text, so
     * each token is looked at behind itself.
     */
    static Words of(Tokenizer tokenizer, int vocabulary) {
      return new Words(
          Math.min(tokenizer.vocabularySize(), vocabulary),
          token -> WORD.matcher(tokenizer.decode(new int[] {token, token}, false)).matches());
    }

    int draw(SplittableRandom random, Set<Integer> stops) {
      int token = random.nextInt(tokens);
      for (int i = 0; i < DRAWS && !word.test(token); i++) {
        token = random.nextInt(tokens);
      }
      while (stops.contains(token) && stops.size() < tokens) {
        token = (token + 1) % tokens;
      }
      return token;
    }
  }

  /** Text of a model. */
  public SelfText(Decoder decoder, Settings settings) {
    this(decoder, settings, null);
  }

  private SelfText(Decoder decoder, Settings settings, Path folder) {
    this.folder = folder;
    this.decoder = decoder;
    this.settings = settings;
    Sha256 sha = new Sha256().line("self 2").line(settings.start().toString());
    sha.line(Integer.toString(settings.words().tokens()));
    sha.line(new TreeSet<>(settings.stops()).toString());
    sha.line(settings.length() + " " + settings.batch() + " " + settings.temperature());
    this.digest = sha.line(Long.toString(settings.seed())).hex();
  }

  @Override
  public String name() {
    return SELF;
  }

  /** Of the settings; the model itself is part of a moment's key anyway. */
  @Override
  public String digest() {
    return digest;
  }

  @Override
  public Corpus keptIn(Path directory, Checkpoint checkpoint) {
    Sha256 text = new Sha256().line(checkpoint.digest()).line(digest);
    text.line(decoder.compute().toString());
    return new SelfText(decoder, settings, directory.resolve("self-" + text.hex()));
  }

  @Override
  public Iterator<int[]> rows(long tokens) {
    KeptText kept = folder == null ? null : new KeptText(folder.resolve(Long.toString(tokens)));
    return new Rows(tokens, kept);
  }

  private final class Rows implements Iterator<int[]> {
    private final Queue<int[]> ready = new ArrayDeque<>();
    private final SplittableRandom root = new SplittableRandom(settings.seed());
    private final long wanted;
    private long given;
    private long sampled;
    private long held;
    private final KeptText kept;
    private int batches;

    Rows(long wanted, KeptText kept) {
      this.wanted = wanted;
      this.kept = kept;
    }

    @Override
    public boolean hasNext() {
      return given < wanted;
    }

    @Override
    public int[] next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      if (ready.isEmpty()) {
        sample();
      }
      int[] row = ready.remove();
      int length = (int) Math.min(row.length, wanted - given);
      given += length;
      return Arrays.copyOf(row, length);
    }

    private void sample() {
      long missing = (wanted - given + settings.length() - 1) / settings.length();
      int count = (int) Math.min(settings.batch(), Math.max(1, missing));
      List<int[]> starts = new ArrayList<>();
      List<SplittableRandom> randoms = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        SplittableRandom random = root.split();
        starts.add(start(settings.words().draw(random, settings.stops())));
        randoms.add(random);
      }
      sampled += count;
      List<int[]> rows = kept == null ? List.of() : kept.read(batches);
      if (rows.size() != count) {
        rows = goOn(starts, randoms);
        if (kept != null) {
          kept.write(batches, rows);
        }
      }
      batches++;
      for (int[] row : rows) {
        ready.add(row);
        held += row.length;
      }
      if (held < sampled * Math.min(LEAST, settings.length())) {
        throw new InputException(
            "statistics.corpus: the model's own text ends after "
                + held / sampled
                + " tokens on average; name a file or folder of text instead of "
                + SELF);
      }
    }
  }

  /** The rows that begin with some tokens. */
  private List<int[]> goOn(List<int[]> starts, List<SplittableRandom> randoms) {
    List<int[]> added =
        Generation.generate(
            decoder,
            starts,
            Math.max(1, settings.length() - settings.start().size() - 1),
            settings.stops(),
            logits -> draw(logits, randoms));
    List<int[]> rows = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      int[] start = starts.get(i);
      int[] row = Arrays.copyOf(start, start.length + added.get(i).length);
      System.arraycopy(added.get(i), 0, row, start.length, added.get(i).length);
      rows.add(row);
    }
    return rows;
  }

  private int[] start(int word) {
    int[] start = Arrays.copyOf(ints(settings.start()), settings.start().size() + 1);
    start[start.length - 1] = word;
    return start;
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }

  private int[] draw(NDArray logits, List<SplittableRandom> randoms) {
    double[] uniform = randoms.stream().mapToDouble(SplittableRandom::nextDouble).toArray();
    return Sampling.inverse(logits, settings.temperature(), uniform);
  }
}
