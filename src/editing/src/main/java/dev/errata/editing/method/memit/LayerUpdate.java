package dev.errata.editing.method.memit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.memory.ClosedForm;
import dev.errata.editing.memory.LambdaChoice;
import dev.errata.editing.memory.LinearMemory;
import dev.errata.editing.memory.Metric;
import dev.errata.editing.memory.NullSpaceMetric;
import dev.errata.editing.memory.Solution;
import dev.errata.editing.memory.Solver;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Writes values into the edited layers, lowest first (MEMIT §4.3, eq. 14 and 20): at each layer the
 * residual between the values and what the model computes now is spread over the layers left. The
 * experts of a mixture are solved for together; keys and gates are read again layer by layer, for
 * an edit below may have changed both.
 */
public final class LayerUpdate {
  /** Bytes of dense blocks that are kept halfway between a layer's keys and its edit, at most. */
  public static final long MOST_KEPT = 256L << 20;

  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final MemitSettings settings;
  private final List<String> prefixes;
  private final EditMetric metric;
  private final EarlierKeys earlier;
  private final Solver solver;

  /**
   * Prepares; {@link ClosedForm} solves.
   *
   * @param prefixes the texts that values were optimised with
   * @param metric what a change costs
   * @param earlier keys of earlier versions, whose answers are kept: M_e += K₀ᵀ K₀
   */
  public LayerUpdate(
      Decoder decoder,
      Tokenizer tokenizer,
      MemitSettings settings,
      List<String> prefixes,
      EditMetric metric,
      EarlierKeys earlier) {
    this(decoder, tokenizer, settings, prefixes, metric, earlier, ClosedForm::solve);
  }

  /**
   * The same by another way to the minimiser, to compare.
   *
   * @param solver finds the updates of a layer
   */
  public LayerUpdate(
      Decoder decoder,
      Tokenizer tokenizer,
      MemitSettings settings,
      List<String> prefixes,
      EditMetric metric,
      EarlierKeys earlier,
      Solver solver) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.settings = settings;
    this.prefixes = List.copyOf(prefixes);
    this.metric = metric;
    this.earlier = earlier;
    this.solver = solver;
  }

  /**
   * How large an update is.
   *
   * @param keys rows that are solved for
   * @param tokens tokens of all distinct prompts up to the subject, prefixed ones included
   * @param bareTokens those of the prompts without a prefix
   */
  public record Size(int keys, long tokens, long bareTokens) {}

  /** How large an update of some groups is. */
  public Size size(List<SubjectGroup> groups) {
    KeyRows of = KeyRows.of(tokenizer, groups, prefixes);
    long tokens = of.rows().stream().mapToLong(row -> row.length).sum();
    long bare = of.entries().stream().mapToLong(e -> of.rows().get(e.bare()).length).sum();
    return new Size(of.entries().size(), tokens, bare);
  }

  /** What a job solves for. */
  private record Job(ValueSet values, KeyRows rows, double[][] starts) {}

  /**
   * Changes the decoder's weights.
   *
   * @param values what to write
   * @param kept groups whose keys must map to what they map to now: rows with residual 0
   * @param lambda weight of the metric, or null to choose it at the first layer by the settings
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
      states.advanceTo(layers.get(0));
      Job job = new Job(values, keyRows, starts(states, keyRows));
      for (int i = 0; i < layers.size(); i++) {
        int layer = layers.get(i);
        states.advanceTo(layer);
        LayerReport report = update(states, job, layer, layers.size() - i, weight);
        weight = report.lambda();
        reports.add(report);
        progress.advance(i + 1L, layers.size());
      }
    }
    return reports;
  }

  /**
   * The value layer's outputs before the first edit; prefixed rows of mixtures start from them.
   *
   * @return [rows][d], or null when every edited layer is dense
   */
  private double[][] starts(RowStates states, KeyRows rows) {
    if (settings.layers().stream().noneMatch(decoder.architecture()::isMixture)) {
      return null;
    }
    try (Scope scope = new Scope()) {
      int count = rows.rows().size();
      int width = decoder.architecture().hidden();
      double[] flat =
          states
              .outputs(settings.valueLayer(), IntStream.range(0, count).toArray())
              .toDoubleArray();
      double[][] starts = new double[count][];
      Arrays.setAll(starts, row -> Arrays.copyOfRange(flat, row * width, (row + 1) * width));
      return starts;
    }
  }

  /**
   * The keys of facts as the model is now, for later versions to keep.
   *
   * @return those of every edited layer, to the open scope
   */
  public EarlierKeys keysOf(List<SubjectGroup> groups) {
    KeyRows keyRows = KeyRows.of(tokenizer, groups, prefixes);
    Map<Integer, Map<Integer, NDArray>> result = new TreeMap<>();
    try (Scope scope = new Scope();
        RowStates states = new RowStates(decoder, keyRows.rows(), settings.batchTokens())) {
      for (int layer : settings.layers()) {
        states.advanceTo(layer);
        Map<Integer, NDArray> keys = new TreeMap<>();
        keys(states, keyRows, rows(layer, keyRows), layer)
            .forEach((memory, of) -> keys.put(memory, scope.keep(of.keys())));
        result.put(layer, keys);
      }
      return new EarlierKeys(result);
    }
  }

  private SolveRows rows(int layer, KeyRows rows) {
    return decoder.architecture().isMixture(layer)
        ? SolveRows.mixture(rows)
        : SolveRows.dense(rows);
  }

  /** Null as the rows of a memory stands for all of them. */
  private Map<Integer, SolveRows.Keys> keys(
      RowStates states, KeyRows keyRows, SolveRows rows, int layer) {
    return decoder.architecture().isMixture(layer)
        ? rows.mixtureKeys(states.reads())
        : Map.of(0, new SolveRows.Keys(SolveRows.denseKeys(keyRows, states.keys()), null));
  }

  private LayerReport update(RowStates states, Job job, int layer, int left, Double lambda) {
    try (Scope scope = new Scope()) {
      SolveRows rows = rows(layer, job.rows());
      Map<Integer, SolveRows.Keys> keys = keys(states, job.rows(), rows, layer);
      NDArray now = states.outputs(settings.valueLayer(), rows.places());
      NDArray change = rows.residual(job.values(), job.starts(), now).div(left);
      NDArray residual =
          decoder.linearChange(layer, keys.values().iterator().next().keys(), change);
      List<Integer> indices = List.copyOf(keys.keySet());
      List<LinearMemory> memories = new ArrayList<>();
      keys.forEach(
          (memory, of) ->
              memories.add(new LinearMemory(of.keys(), of.rows(), metric.of(layer, memory))));
      double weight =
          lambda != null
              ? lambda
              : LambdaChoice.forResidualShare(memories, residual, settings.residualShare())
                  .lambda();
      List<LinearMemory> weighted = new ArrayList<>();
      for (int i = 0; i < memories.size(); i++) {
        LinearMemory memory = memories.get(i);
        Metric own = memory.metric().withWeight(weight);
        NDArray before = earlier.of(layer, indices.get(i));
        weighted.add(
            new LinearMemory(
                memory.keys(), memory.rows(), before == null ? own : own.keeping(before)));
      }
      Solution solution = solver.solve(weighted, residual);
      double[] norms = write(layer, indices, solution.updates());
      return new LayerReport(
          layer,
          memories.size(),
          weight,
          memories.stream().mapToDouble(memory -> memory.metric().ridge()).max().orElse(0),
          solution.residualShare(),
          norm(residual),
          norms[0],
          norms[1],
          rows.count(),
          earlier.count(layer),
          nullSpace(memories));
    }
  }

  private static Integer nullSpace(List<LinearMemory> memories) {
    Integer least = null;
    for (LinearMemory memory : memories) {
      if (memory.metric() instanceof NullSpaceMetric metric) {
        least = least == null ? metric.dimensions() : Math.min(least, metric.dimensions());
      }
    }
    return least;
  }

  /** Norms of the changed weights before, and of their changes as they are rounded. */
  private double[] write(int layer, List<Integer> memories, List<NDArray> updates) {
    double weights = 0;
    double changes = 0;
    for (int i = 0; i < memories.size(); i++) {
      int memory = memories.get(i);
      try (Scope scope = new Scope()) {
        NDArray before = decoder.down(layer, memory).toType(DataType.FLOAT64, true);
        decoder.replaceDown(layer, memory, before.add(updates.get(i)));
        NDArray after = decoder.down(layer, memory).toType(DataType.FLOAT64, false);
        weights += before.square().sum().getDouble();
        changes += after.sub(before).square().sum().getDouble();
      }
    }
    return new double[] {Math.sqrt(weights), Math.sqrt(changes)};
  }

  private static double norm(NDArray matrix) {
    return Math.sqrt(matrix.square().sum().getDouble());
  }
}
