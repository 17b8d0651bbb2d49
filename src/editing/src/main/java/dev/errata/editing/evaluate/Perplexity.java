package dev.errata.editing.evaluate;

import ai.djl.ndarray.NDArray;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Perplexity of a text: exp of the mean negative log-probability of its tokens. The text is read in
 * windows; each begins with the last token of the one before, so that every token but the first is
 * predicted exactly once, and with the tokens that the model wants before every text.
 *
 * @param value the perplexity, or null when the text has fewer than two tokens
 * @param tokens tokens predicted
 */
record Perplexity(Double value, int tokens) {

  /** Input of a window, and how many tokens at its end are predicted from those before. */
  private record Window(int[] tokens, int predicted) {}

  /** The windows' number, for progress. */
  static int windows(Tokenizer tokenizer, int positions, EvaluationSettings settings) {
    return cut(tokenizer, positions, settings).size();
  }

  /** Measures; null when others have not computed theirs yet. */
  static Perplexity of(
      Decoder decoder,
      Tokenizer tokenizer,
      EvaluationSettings settings,
      Pieces pieces,
      Ticker ticker) {
    List<Window> windows = cut(tokenizer, decoder.architecture().positions(), settings);
    double sum = 0;
    int count = 0;
    int number = 0;
    boolean whole = true;
    for (List<Window> batch :
        Batches.of(windows, window -> window.tokens().length, settings.tokensPerBatch())) {
      double[] logProbs =
          pieces.piece("perplexity", number++, double[].class, () -> logProbs(decoder, batch));
      whole &= logProbs != null;
      for (double logProb : logProbs == null ? new double[0] : logProbs) {
        sum += logProb;
        count++;
      }
      ticker.advance(batch.size());
    }
    if (!whole) {
      return null;
    }
    return new Perplexity(count == 0 ? null : Math.exp(-sum / count), count);
  }

  private static List<Window> cut(Tokenizer tokenizer, int positions, EvaluationSettings settings) {
    int[] specials = tokenizer.encodePrompt("");
    int[] all = tokenizer.encode(settings.heldOut());
    int[] text = Arrays.copyOf(all, Math.min(all.length, settings.heldOutTokens()));
    int step = Math.max(1, Math.min(settings.window(), positions) - specials.length - 1);
    List<Window> windows = new ArrayList<>();
    for (int from = 0; from < text.length - 1; from += step) {
      int to = Math.min(text.length, from + step + 1);
      int[] tokens = Arrays.copyOf(specials, specials.length + to - from);
      System.arraycopy(text, from, tokens, specials.length, to - from);
      windows.add(new Window(tokens, to - from - 1));
    }
    return windows;
  }

  private static double[] logProbs(Decoder decoder, List<Window> batch) {
    try (Scope scope = new Scope()) {
      TokenBatch tokens = TokenBatch.of(batch.stream().map(Window::tokens).toList());
      NDArray hidden = decoder.hidden(tokens, null, Tap.NONE);
      int count = batch.stream().mapToInt(Window::predicted).sum();
      long[] flat = new long[count];
      int[][] wanted = new int[count][];
      int next = 0;
      for (int row = 0; row < batch.size(); row++) {
        Window window = batch.get(row);
        int length = window.tokens().length;
        for (int i = length - window.predicted(); i < length; i++) {
          flat[next] = (long) row * tokens.width() + i - 1;
          wanted[next++] = new int[] {window.tokens()[i]};
        }
      }
      Readout readout = Readout.of(decoder, hidden, flat, wanted);
      return Arrays.stream(readout.logProbs()).mapToDouble(values -> values[0]).toArray();
    }
  }
}
