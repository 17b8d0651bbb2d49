package dev.errata.editing.statistics;

import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Architecture;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Generation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Text of the kind that a job's facts are of, about other subjects: what the model writes when it
 * goes on with a list of some of the job's sentences. General text holds few names, so second
 * moments of it alone let an edit of one name spread to its like; a share of domain text keeps the
 * subjects' neighbours apart. Only what the model adds is taken, not the sentences themselves.
 *
 * <p>List r is drawn, and then continued at temperature 1, from the r-th {@code split()} of a
 * {@code SplittableRandom(seed)}: the same seed, lines, model and device type give the same tokens.
 */
public final class DomainText {
  /** Sentences in a list. */
  private static final int LINES = 6;

  /** Tokens that the model adds to a list. */
  private static final int ADDED = 64;

  /** Bytes that the keys and values of a batch may take. */
  private static final long CACHE = 1L << 29;

  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final List<String> lines;
  private final SplittableRandom root;

  private DomainText(Decoder decoder, Tokenizer tokenizer, List<String> lines, long seed) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.lines = List.copyOf(lines);
    this.root = new SplittableRandom(seed);
  }

  /**
   * Samples.
   *
   * @param decoder the model, unedited
   * @param lines the job's sentences, one a fact, at least one, without line breaks
   * @param tokens how many tokens to sample, above 0
   * @param seed of the random numbers
   * @param progress hears of tokens
   * @return rows for {@link SecondMoments}, together exactly {@code tokens} tokens
   */
  public static List<int[]> sample(
      Decoder decoder,
      Tokenizer tokenizer,
      List<String> lines,
      int tokens,
      long seed,
      Progress progress) {
    return new DomainText(decoder, tokenizer, lines, seed).rows(tokens, progress);
  }

  private List<int[]> rows(int tokens, Progress progress) {
    int[] text = new int[tokens];
    int taken = 0;
    while (taken < tokens) {
      int lists = Math.min(batch(), (tokens - taken + ADDED - 1) / ADDED);
      for (int[] added : goOn(lists)) {
        int length = Math.min(added.length, tokens - taken);
        System.arraycopy(added, 0, text, taken, length);
        taken += length;
      }
      progress.advance(taken, tokens);
    }
    int width = Math.min(Corpus.WINDOW, decoder.architecture().positions());
    List<int[]> rows = new ArrayList<>();
    for (int from = 0; from < tokens; from += width) {
      rows.add(Arrays.copyOfRange(text, from, Math.min(tokens, from + width)));
    }
    return rows;
  }

  private List<int[]> goOn(int lists) {
    List<int[]> prompts = new ArrayList<>();
    List<SplittableRandom> randoms = new ArrayList<>();
    for (int i = 0; i < lists; i++) {
      SplittableRandom random = root.split();
      prompts.add(prompt(random));
      randoms.add(random);
    }
    return Generation.generate(
        decoder,
        prompts,
        Math.min(ADDED, longest()),
        Set.of(),
        logits ->
            Sampling.inverse(
                logits, 1, randoms.stream().mapToDouble(SplittableRandom::nextDouble).toArray()));
  }

  /** As many sentences as leave the model room to go on; of one that is too long, its end. */
  private int[] prompt(SplittableRandom random) {
    List<String> chosen = new ArrayList<>();
    for (int i = 0; i < LINES; i++) {
      chosen.add(lines.get(random.nextInt(lines.size())));
    }
    int room = decoder.architecture().positions() - longest();
    int[] ids = encode(chosen);
    while (ids.length > room && chosen.size() > 1) {
      chosen.remove(chosen.size() - 1);
      ids = encode(chosen);
    }
    return ids.length <= room ? ids : Arrays.copyOfRange(ids, ids.length - room, ids.length);
  }

  private int[] encode(List<String> chosen) {
    return tokenizer.encodePrompt(String.join("\n", chosen) + "\n");
  }

  /** Half of a short context is for the list. */
  private int longest() {
    return Math.min(ADDED, Math.max(1, decoder.architecture().positions() / 2));
  }

  /**
   * Lists at once; follows from the model alone, so that the text does not depend on the machine.
   */
  private int batch() {
    Architecture model = decoder.architecture();
    long token = 2L * model.attention().keyValueHeads() * model.attention().headDim();
    long list = token * model.layers() * (4L * ADDED) * Float.BYTES;
    return (int) Math.max(4, Math.min(64, CACHE / list));
  }
}
