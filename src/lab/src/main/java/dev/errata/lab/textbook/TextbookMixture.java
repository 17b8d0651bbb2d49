package dev.errata.lab.textbook;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.api.Fact;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.method.memit.SubjectGroup;
import dev.errata.editing.model.Architecture;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.MemoryKeys;
import dev.errata.editing.model.Mixture;
import dev.errata.editing.model.Site;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Kernels;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Step 3 of MEMIT on mixtures of experts by the book: every prompt by itself through the whole
 * model at every layer, the experts' memories side by side as one wide memory, and its normal
 * equations by LU. A row is a fact in a context, times the square root of the context's weight.
 */
public final class TextbookMixture {
  private record Row(TextbookPrompt prompt, double weight, double[] target) {}

  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final MemitSettings settings;
  private final List<String> prefixes;
  private final TextbookForward forward;

  /** Prepares; {@link #update} changes the decoder. */
  public TextbookMixture(
      Decoder decoder, Tokenizer tokenizer, MemitSettings settings, List<String> prefixes) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.settings = settings;
    this.prefixes = List.copyOf(prefixes);
    this.forward = new TextbookForward(decoder);
  }

  /**
   * Second moments of a layer's memories.
   *
   * @param rows token rows of the corpus
   * @return C_e by memory, [f · f] row-major: Σ g² k kᵀ over the tokens that reach e, by all
   *     tokens; those of experts drawn toward their mean as if that were f more tokens
   */
  public double[][] moments(List<int[]> rows, int layer) {
    Architecture architecture = decoder.architecture();
    double[][] sums = new double[architecture.memories(layer)][];
    long[] routed = new long[sums.length];
    for (int e = 0; e < sums.length; e++) {
      int width = architecture.memoryWidth(layer, e);
      sums[e] = new double[width * width];
    }
    long tokens = 0;
    for (int[] row : rows) {
      tokens += row.length;
      Tap tap =
          Tap.ofKeys(
              (at, memories) -> {
                for (MemoryKeys memory : at == layer ? memories : List.<MemoryKeys>of()) {
                  for (int t = 0; t < row.length; t++) {
                    double[] key = at(memory, t);
                    if (key != null) {
                      routed[memory.memory()]++;
                      add(sums[memory.memory()], key);
                    }
                  }
                }
              });
      pass(row, tap);
    }
    for (double[] sum : sums) {
      scale(sum, 1.0 / tokens);
    }
    return architecture.isMixture(layer) ? shrunk(sums, routed, layer) : sums;
  }

  private double[][] shrunk(double[][] moments, long[] routed, int layer) {
    Mixture mixture = decoder.architecture().feedForward().mixture();
    double[][] result = moments.clone();
    for (int e = 0; e < mixture.experts(); e++) {
      int width = decoder.architecture().memoryWidth(layer, e);
      result[e] = new double[moments[e].length];
      for (int i = 0; i < result[e].length; i++) {
        double mean = 0;
        for (int other = 0; other < mixture.experts(); other++) {
          mean += moments[other][i];
        }
        mean /= mixture.experts();
        result[e][i] = (routed[e] * moments[e][i] + width * mean) / (routed[e] + width);
      }
    }
    return result;
  }

  private static void add(double[] sum, double[] key) {
    for (int i = 0; i < key.length; i++) {
      for (int j = 0; j < key.length; j++) {
        sum[i * key.length + j] += key[i] * key[j];
      }
    }
  }

  private static void scale(double[] values, double factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
  }

  /** Keys times gates of every memory of every layer at one position; null where not routed. */
  private Map<Integer, double[][]> keys(int[] ids, int position) {
    Map<Integer, double[][]> seen = new TreeMap<>();
    Tap tap =
        Tap.ofKeys(
            (layer, memories) -> {
              double[][] keys = new double[decoder.architecture().memories(layer)][];
              for (MemoryKeys memory : memories) {
                keys[memory.memory()] = at(memory, position);
              }
              seen.put(layer, keys);
            });
    pass(ids, tap);
    return seen;
  }

  private void pass(int[] ids, Tap tap) {
    try (Scope scope = new Scope()) {
      decoder.hidden(TokenBatch.of(List.of(ids)), null, tap);
    }
  }

  private static double[] at(MemoryKeys memory, int position) {
    int width = Math.toIntExact(memory.keys().getShape().get(1));
    double[] keys = memory.keys().toType(DataType.FLOAT64, true).toDoubleArray();
    int place = position;
    if (memory.positions() != null) {
      long[] positions = memory.positions().toLongArray();
      place = Arrays.binarySearch(positions, position);
    }
    if (place < 0) {
      return null;
    }
    double[] key = Arrays.copyOfRange(keys, place * width, (place + 1) * width);
    if (memory.gates() != null) {
      double gate = memory.gates().toType(DataType.FLOAT64, true).toDoubleArray()[place];
      scale(key, gate);
    }
    return key;
  }

  /**
   * Changes the decoder's weights.
   *
   * @param kept groups whose keys map to what they map to now
   * @param moments C_e of each edited layer, as {@link #moments} gives them
   * @param lambda λ
   * @return Δ_e of each edited layer by memory, [d · f] row-major, before it is rounded
   */
  public Map<Integer, double[][]> update(
      List<TextbookValue> values,
      List<SubjectGroup> kept,
      Map<Integer, double[][]> moments,
      double lambda) {
    List<Row> rows = rows(values, kept);
    Map<Integer, double[][]> updates = new TreeMap<>();
    List<Integer> layers = settings.layers();
    for (int i = 0; i < layers.size(); i++) {
      int layer = layers.get(i);
      int left = layers.size() - i;
      double[][] solved =
          decoder.architecture().isMixture(layer)
              ? write(layer, rows, moments.get(layer), lambda, left)
              : writeDense(layer, rows, moments.get(layer), lambda, left);
      updates.put(layer, solved);
    }
    return updates;
  }

  private List<Row> rows(List<TextbookValue> values, List<SubjectGroup> kept) {
    List<Row> rows = new ArrayList<>();
    for (TextbookValue value : values) {
      List<int[]> seen = new ArrayList<>();
      for (int f = 0; f < value.group().facts().size(); f++) {
        Fact fact = value.group().facts().get(f);
        if (isNew(fact, seen)) {
          addContexts(fact, value, f, rows);
        }
      }
    }
    for (SubjectGroup group : kept) {
      List<int[]> seen = new ArrayList<>();
      group.facts().stream()
          .filter(fact -> isNew(fact, seen))
          .forEach(fact -> addContexts(fact, null, 0, rows));
    }
    return rows;
  }

  private boolean isNew(Fact fact, List<int[]> seen) {
    int[] ids = prompt("", fact).upToSubject();
    boolean known = seen.stream().anyMatch(other -> Arrays.equals(other, ids));
    seen.add(ids);
    return !known;
  }

  private TextbookPrompt prompt(String prefix, Fact fact) {
    return TextbookPrompt.of(tokenizer, prefix, fact.prompt(), fact.subject());
  }

  /** The bare prompt weighs ½, the prefixes share ½; each is to move by δ from where it is. */
  private void addContexts(Fact fact, TextbookValue value, int index, List<Row> rows) {
    double[] target = value == null ? null : value.target(index);
    rows.add(new Row(prompt("", fact), prefixes.isEmpty() ? 1 : 0.5, target));
    for (String prefix : prefixes) {
      TextbookPrompt prompt = prompt(prefix, fact);
      double[] moved = value == null ? null : state(prompt);
      for (int i = 0; moved != null && i < moved.length; i++) {
        moved[i] += value.delta()[i];
      }
      rows.add(new Row(prompt, 0.5 / prefixes.size(), moved));
    }
  }

  private double[] state(TextbookPrompt prompt) {
    return forward
        .see(prompt.ids(), Site.BLOCK_OUTPUT, prompt.subjectLast())
        .get(settings.valueLayer());
  }

  /** (diag(λ C_e) + K̂ᵀ K̂) Δ̂ᵀ = K̂ᵀ R over all memories side by side. */
  private double[][] write(int layer, List<Row> rows, double[][] moments, double lambda, int left) {
    int hidden = decoder.architecture().hidden();
    int[] from = new int[moments.length + 1];
    for (int e = 0; e < moments.length; e++) {
      from[e + 1] = from[e] + decoder.architecture().memoryWidth(layer, e);
    }
    int wide = from[moments.length];
    double[] keys = new double[rows.size() * wide];
    double[] residuals = new double[rows.size() * hidden];
    for (int r = 0; r < rows.size(); r++) {
      Row row = rows.get(r);
      double root = Math.sqrt(row.weight());
      double[][] own = keys(row.prompt().ids(), row.prompt().subjectLast()).get(layer);
      for (int e = 0; e < own.length; e++) {
        for (int i = 0; own[e] != null && i < own[e].length; i++) {
          keys[r * wide + from[e] + i] = root * own[e][i];
        }
      }
      double[] now = state(row.prompt());
      for (int i = 0; row.target() != null && i < hidden; i++) {
        residuals[r * hidden + i] = root * (row.target()[i] - now[i]) / left;
      }
    }
    double[] metric = new double[wide * wide];
    for (int e = 0; e < moments.length; e++) {
      int width = from[e + 1] - from[e];
      for (int i = 0; i < width * width; i++) {
        metric[(from[e] + i / width) * wide + from[e] + i % width] = lambda * moments[e][i];
      }
    }
    return solve(layer, from, keys, residuals, metric);
  }

  /** In a dense layer the contexts' keys are averaged, and the bare prompt's residual counts. */
  private double[][] writeDense(
      int layer, List<Row> rows, double[][] moments, double lambda, int left) {
    int hidden = decoder.architecture().hidden();
    int width = decoder.architecture().memoryWidth(layer, 0);
    int contexts = 1 + prefixes.size();
    int count = rows.size() / contexts;
    double[] keys = new double[count * width];
    double[] residuals = new double[count * hidden];
    for (int r = 0; r < rows.size(); r++) {
      Row row = rows.get(r);
      double[] key = keys(row.prompt().ids(), row.prompt().subjectLast()).get(layer)[0];
      for (int i = 0; i < width; i++) {
        keys[r / contexts * width + i] += row.weight() * key[i];
      }
      double[] now = state(row.prompt());
      for (int i = 0; r % contexts == 0 && row.target() != null && i < hidden; i++) {
        residuals[r / contexts * hidden + i] = (row.target()[i] - now[i]) / left;
      }
    }
    double[] metric = moments[0].clone();
    scale(metric, lambda);
    return solve(layer, new int[] {0, width}, keys, residuals, metric);
  }

  private double[][] solve(
      int layer, int[] from, double[] keys, double[] residuals, double[] metric) {
    int wide = from[from.length - 1];
    int hidden = decoder.architecture().hidden();
    try (Scope scope = new Scope();
        Kernels kernels =
            Kernels.load(decoder.manager(), TextbookMixture.class, "textbook.py", Map.of())) {
      NDArray k = decoder.manager().create(keys, new Shape(keys.length / wide, wide));
      NDArray r = decoder.manager().create(residuals, new Shape(k.getShape().get(0), hidden));
      NDArray system =
          decoder.manager().create(metric, new Shape(wide, wide)).add(k.transpose().matMul(k));
      NDArray update = kernels.one("solve", system, k.transpose().matMul(r)).transpose();
      double[][] updates = new double[from.length - 1][];
      for (int e = 0; e < updates.length; e++) {
        NDArray own = update.get(":, " + from[e] + ":" + from[e + 1]).duplicate();
        updates[e] = own.toDoubleArray();
        NDArray before = decoder.down(layer, e).toType(DataType.FLOAT64, true);
        decoder.replaceDown(layer, e, before.add(own));
      }
      return updates;
    }
  }
}
