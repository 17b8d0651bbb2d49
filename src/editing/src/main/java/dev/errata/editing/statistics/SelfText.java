package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Generation;
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

/**
 * Text sampled from the model itself, a batch of rows at a time.
 *
 * <p>Row r draws from its own {@code SplittableRandom(seed + r · 0x9E3779B97F4A7C15)}: one {@code
 * nextDouble()} u a token, by inverse transform: the first token at which the running sum of the
 * probabilities, in the order of the vocabulary, exceeds u. The same seed, settings, model and
 * device type give the same tokens.
 */
public final class SelfText implements Corpus {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  /** A model whose rows are shorter than this on average has no text to tell. */
  private static final int LEAST = 8;

  private final Decoder decoder;
  private final Settings settings;
  private final String digest;

  /**
   * How to sample.
   *
   * @param starts what rows begin with, in turns; none empty
   * @param stops tokens that end a row and are no part of it
   * @param length tokens of a row at most, the start included
   * @param batch rows sampled at once
   * @param temperature what the logits are divided by, above 0
   * @param seed of the random numbers
   */
  public record Settings(
      List<int[]> starts,
      Set<Integer> stops,
      int length,
      int batch,
      double temperature,
      long seed) {
    public Settings {
      starts = List.copyOf(starts);
      stops = Set.copyOf(stops);
    }

    /**
     * 256 rows of 64 tokens at once, at temperature 1, that begin as the model's texts begin: with
     * BOS, else with the token behind which a new text begins, else with a line break.
     *
     * @param positions of the model
     */
    public static Settings of(Tokenizer tokenizer, int positions, long seed) {
      Integer start = tokenizer.bos() != null ? tokenizer.bos() : tokenizer.eos();
      int[] first = start != null ? new int[] {start} : tokenizer.encode("\n");
      return new Settings(List.of(first), tokenizer.stops(), Math.min(64, positions), 256, 1, seed);
    }
  }

  /** Text of a model. */
  public SelfText(Decoder decoder, Settings settings) {
    this.decoder = decoder;
    this.settings = settings;
    Sha256 sha = new Sha256().line("self");
    settings.starts().forEach(start -> sha.line(Arrays.toString(start)));
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
  public Iterator<int[]> rows(long tokens) {
    return new Rows(tokens);
  }

  private final class Rows implements Iterator<int[]> {
    private final Queue<int[]> ready = new ArrayDeque<>();
    private final long wanted;
    private long given;
    private long sampled;
    private long held;

    Rows(long wanted) {
      this.wanted = wanted;
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
        long row = sampled++;
        starts.add(settings.starts().get((int) (row % settings.starts().size())));
        randoms.add(new SplittableRandom(settings.seed() + row * GOLDEN_GAMMA));
      }
      int longest = starts.stream().mapToInt(start -> start.length).max().orElseThrow();
      List<int[]> added =
          Generation.generate(
              decoder,
              starts,
              Math.max(1, settings.length() - longest),
              settings.stops(),
              logits -> draw(logits, randoms));
      for (int i = 0; i < count; i++) {
        int[] start = starts.get(i);
        int[] row = Arrays.copyOf(start, start.length + added.get(i).length);
        System.arraycopy(added.get(i), 0, row, start.length, added.get(i).length);
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

  private int[] draw(NDArray logits, List<SplittableRandom> randoms) {
    double[] uniform = randoms.stream().mapToDouble(SplittableRandom::nextDouble).toArray();
    return Sampling.inverse(logits, settings.temperature(), uniform);
  }
}
