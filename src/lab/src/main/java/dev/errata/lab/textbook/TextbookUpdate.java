package dev.errata.lab.textbook;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.api.Fact;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.method.memit.SubjectGroup;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Site;
import dev.errata.editing.torch.Kernels;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Step 3 of MEMIT (Meng et al. 2023, equations 14 and 20): at every edited layer whole forward
 * passes of every prompt, and the primal system solved by LU.
 */
final class TextbookUpdate {
  /** A key that is solved for: a fact and what its state shall become, or null to keep it. */
  private record Row(Fact fact, double[] target) {}

  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final MemitSettings settings;
  private final List<String> prefixes;
  private final TextbookForward forward;

  TextbookUpdate(
      Decoder decoder, Tokenizer tokenizer, MemitSettings settings, List<String> prefixes) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.settings = settings;
    this.prefixes = List.copyOf(prefixes);
    this.forward = new TextbookForward(decoder);
  }

  /**
   * Changes the decoder's weights.
   *
   * @param kept groups whose keys map to what they map to now
   * @param moments C of each edited layer, [f, f] float64
   * @param lambda λ
   * @return Δ of each edited layer, [d · f] row-major, as solved, before it is rounded
   */
  Map<Integer, double[]> apply(
      List<TextbookValue> values,
      List<SubjectGroup> kept,
      Map<Integer, NDArray> moments,
      double lambda) {
    List<Row> rows = rows(values, kept);
    Map<Integer, double[]> updates = new TreeMap<>();
    List<Integer> layers = settings.layers();
    for (int i = 0; i < layers.size(); i++) {
      int layer = layers.get(i);
      double[][] keys = new double[rows.size()][];
      double[][] residuals = new double[rows.size()][];
      for (int r = 0; r < rows.size(); r++) {
        keys[r] = key(rows.get(r).fact(), layer);
        residuals[r] = residual(rows.get(r), layers.size() - i);
      }
      updates.put(layer, write(layer, keys, residuals, moments.get(layer), lambda));
    }
    return updates;
  }

  /** Facts of a subject whose prompts are equal up to the subject share one row. */
  private List<Row> rows(List<TextbookValue> values, List<SubjectGroup> kept) {
    List<Row> rows = new ArrayList<>();
    for (TextbookValue value : values) {
      List<int[]> seen = new ArrayList<>();
      for (int f = 0; f < value.group().facts().size(); f++) {
        Fact fact = value.group().facts().get(f);
        if (isNew(fact, seen)) {
          rows.add(new Row(fact, value.target(f)));
        }
      }
    }
    for (SubjectGroup group : kept) {
      List<int[]> seen = new ArrayList<>();
      group.facts().stream()
          .filter(fact -> isNew(fact, seen))
          .forEach(fact -> rows.add(new Row(fact, null)));
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

  /** The bare prompt weighs ½, the prefixes share ½; without prefixes the bare prompt is all. */
  private double[] key(Fact fact, int layer) {
    double[] bare = keyOf(prompt("", fact), layer);
    if (prefixes.isEmpty()) {
      return bare;
    }
    double[] mean = new double[bare.length];
    for (String prefix : prefixes) {
      double[] key = keyOf(prompt(prefix, fact), layer);
      for (int i = 0; i < mean.length; i++) {
        mean[i] += key[i] / prefixes.size();
      }
    }
    for (int i = 0; i < mean.length; i++) {
      mean[i] = 0.5 * bare[i] + 0.5 * mean[i];
    }
    return mean;
  }

  private double[] keyOf(TextbookPrompt prompt, int layer) {
    return forward.see(prompt.ids(), Site.FEED_FORWARD_KEY, prompt.subjectLast()).get(layer);
  }

  private double[] residual(Row row, int layersLeft) {
    TextbookPrompt prompt = prompt("", row.fact());
    double[] now =
        forward
            .see(prompt.ids(), Site.BLOCK_OUTPUT, prompt.subjectLast())
            .get(settings.valueLayer());
    double[] residual = new double[now.length];
    for (int i = 0; row.target() != null && i < now.length; i++) {
      residual[i] = (row.target()[i] - now[i]) / layersLeft;
    }
    return residual;
  }

  /** Δᵀ = (λ C + Kᵀ K)⁻¹ Kᵀ R. */
  private double[] write(
      int layer, double[][] keys, double[][] residuals, NDArray moment, double lambda) {
    try (Scope scope = new Scope();
        Kernels kernels =
            Kernels.load(decoder.manager(), TextbookUpdate.class, "textbook.py", Map.of())) {
      NDArray k = matrix(keys);
      NDArray system = moment.mul(lambda).add(k.transpose().matMul(k));
      NDArray right = k.transpose().matMul(matrix(residuals));
      NDArray update = kernels.one("solve", system, right).transpose();
      NDArray before = decoder.down(layer).toType(DataType.FLOAT64, true);
      decoder.replaceDown(layer, before.add(update));
      return update.toDoubleArray();
    }
  }

  private NDArray matrix(double[][] rows) {
    double[] flat = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    return decoder.manager().create(flat, new Shape(rows.length, rows[0].length));
  }
}
