package dev.errata.editing.method.memit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.memory.ClosedForm;
import dev.errata.editing.memory.LambdaChoice;
import dev.errata.editing.memory.LinearMemory;
import dev.errata.editing.memory.MomentMetric;
import dev.errata.editing.memory.Solution;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Writes values into the edited layers, lowest first (MEMIT §4.3, eq. 14 and 20): at each layer the
 * residual between the values and what the model computes now is spread over the layers left.
 */
public final class LayerUpdate {
  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final MemitSettings settings;
  private final List<String> prefixes;
  private final Map<Integer, NDArray> moments;

  /**
   * Prepares.
   *
   * @param prefixes the texts that values were optimised with
   * @param moments for each edited layer C = E[k kᵀ], [f, f] float64
   */
  public LayerUpdate(
      Decoder decoder,
      Tokenizer tokenizer,
      MemitSettings settings,
      List<String> prefixes,
      Map<Integer, NDArray> moments) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.settings = settings;
    this.prefixes = List.copyOf(prefixes);
    this.moments = Map.copyOf(moments);
  }

  /**
   * Changes the decoder's weights.
   *
   * @param values what to write
   * @param kept groups whose keys must map to what they map to now: rows with residual 0
   * @param lambda weight of the second moments, or null to choose it at the first layer by the
   *     settings
   * @param progress advanced by layers
   * @return a report of every edited layer, lowest first
   */
  public List<LayerReport> apply(
      ValueSet values, List<SubjectGroup> kept, Double lambda, Progress progress) {
    List<SubjectGroup> groups = new ArrayList<>(values.groups());
    groups.addAll(kept);
    KeyRows keyRows = KeyRows.of(tokenizer, groups, prefixes);
    List<LayerReport> reports = new ArrayList<>();
    Double weight = lambda;
    try (RowStates states = new RowStates(decoder, keyRows.rows(), settings.batchTokens())) {
      List<Integer> layers = settings.layers();
      for (int i = 0; i < layers.size(); i++) {
        int layer = layers.get(i);
        states.advanceTo(layer);
        LayerReport report = update(states, keyRows, values, layer, layers.size() - i, weight);
        weight = report.lambda();
        reports.add(report);
        progress.advance(i + 1L, layers.size());
      }
    }
    return reports;
  }

  private LayerReport update(
      RowStates states, KeyRows rows, ValueSet values, int layer, int left, Double lambda) {
    try (Scope scope = new Scope()) {
      NDArray keys = keys(states.keys(), rows.entries());
      NDArray residual = residual(states, rows.entries(), values).div(left);
      MomentMetric moment = MomentMetric.of(moments.get(layer), 1);
      double weight =
          lambda != null
              ? lambda
              : LambdaChoice.forResidualShare(keys, moment, residual, settings.residualShare())
                  .lambda();
      Solution solution =
          ClosedForm.solve(List.of(new LinearMemory(keys, moment.withLambda(weight))), residual);
      NDArray before = decoder.down(layer).toType(DataType.FLOAT64, true);
      decoder.replaceDown(layer, before.add(solution.updates().get(0)));
      NDArray after = decoder.down(layer).toType(DataType.FLOAT64, false);
      return new LayerReport(
          layer,
          weight,
          moment.ridge(),
          solution.residualShare(),
          norm(residual),
          norm(before),
          norm(after.sub(before)),
          rows.entries().size());
    }
  }

  private static double norm(NDArray matrix) {
    return Math.sqrt(matrix.square().sum().getDouble());
  }

  /** The bare prompt weighs one half, the prefixes share the other; [n, f]. */
  private NDArray keys(NDArray all, List<KeyRows.Entry> entries) {
    try (Scope scope = new Scope()) {
      NDArray bare = picked(all, entries, KeyRows.Entry::bare);
      if (prefixes.isEmpty()) {
        return scope.keep(bare);
      }
      NDArray sum = bare.mul(0.5);
      for (int p = 0; p < prefixes.size(); p++) {
        int prefix = p;
        NDArray keys = picked(all, entries, entry -> entry.prefixed().get(prefix));
        sum = sum.add(keys.mul(0.5 / prefixes.size()));
      }
      return scope.keep(sum);
    }
  }

  private static NDArray picked(
      NDArray all, List<KeyRows.Entry> entries, ToLongFunction<KeyRows.Entry> row) {
    return Tensors.rows(all, entries.stream().mapToLong(row).toArray());
  }

  /** z − z_now at subject-last of every bare row, 0 for kept groups; [n, d]. */
  private NDArray residual(RowStates states, List<KeyRows.Entry> entries, ValueSet values) {
    int width = decoder.architecture().hidden();
    int[] bare = entries.stream().mapToInt(KeyRows.Entry::bare).toArray();
    double[] wanted = new double[entries.size() * width];
    double[] counts = new double[entries.size()];
    for (int e = 0; e < entries.size(); e++) {
      KeyRows.Entry entry = entries.get(e);
      if (entry.group() < values.groups().size()) {
        float[] z = values.value(entry.group(), entry.fact());
        for (int i = 0; i < width; i++) {
          wanted[e * width + i] = z[i];
        }
        counts[e] = 1;
      }
    }
    try (Scope scope = new Scope()) {
      NDManager manager = decoder.manager();
      NDArray now = states.outputs(settings.valueLayer(), bare);
      NDArray target = manager.create(wanted, new Shape(entries.size(), width));
      NDArray counted = manager.create(counts, new Shape(entries.size(), 1));
      return scope.keep(target.sub(now).mul(counted));
    }
  }
}
