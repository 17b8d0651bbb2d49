package dev.errata.editing.method.memit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The rows of one layer's solve.
 *
 * <p>In a dense layer a row is an entry of {@link KeyRows}; its key is the mean over its contexts,
 * the bare prompt weighing ½ and the prefixes sharing ½. In a mixture a row is an (entry, context)
 * pair times the square root of the context's weight, for the keys of different experts cannot be
 * averaged, and every expert that a context reaches learns the fact.
 *
 * @param places the token row of each
 * @param groups the group of each
 * @param facts the fact of each inside its group
 * @param bare whether it is the bare prompt
 * @param scales what its key and residual are multiplied with: √weight
 */
record SolveRows(int[] places, int[] groups, int[] facts, boolean[] bare, double[] scales) {
  /** Keys of one memory, at some of the rows. */
  record Keys(NDArray keys, long[] rows) {}

  /** One row an entry. */
  static SolveRows dense(KeyRows rows) {
    return of(rows.entries().stream().map(entry -> new Row(entry, entry.bare(), true, 1)).toList());
  }

  /** One row an entry and context. */
  static SolveRows mixture(KeyRows rows) {
    List<Row> result = new ArrayList<>();
    for (KeyRows.Entry entry : rows.entries()) {
      int prefixes = entry.prefixed().size();
      result.add(new Row(entry, entry.bare(), true, prefixes == 0 ? 1 : 0.5));
      entry.prefixed().forEach(place -> result.add(new Row(entry, place, false, 0.5 / prefixes)));
    }
    return of(result);
  }

  private record Row(KeyRows.Entry entry, int place, boolean bare, double weight) {}

  private static SolveRows of(List<Row> rows) {
    boolean[] bare = new boolean[rows.size()];
    for (int i = 0; i < bare.length; i++) {
      bare[i] = rows.get(i).bare();
    }
    return new SolveRows(
        rows.stream().mapToInt(Row::place).toArray(),
        rows.stream().mapToInt(row -> row.entry().group()).toArray(),
        rows.stream().mapToInt(row -> row.entry().fact()).toArray(),
        bare,
        rows.stream().mapToDouble(row -> Math.sqrt(row.weight())).toArray());
  }

  int count() {
    return places.length;
  }

  /**
   * The keys of a dense layer.
   *
   * @param all keys of every token row, [rows, f] float64
   * @return [n, f], to the open scope
   */
  static NDArray denseKeys(KeyRows rows, NDArray all) {
    List<KeyRows.Entry> entries = rows.entries();
    int prefixes = entries.get(0).prefixed().size();
    try (Scope scope = new Scope()) {
      NDArray bare = picked(all, entries.stream().mapToLong(KeyRows.Entry::bare).toArray());
      if (prefixes == 0) {
        return scope.keep(bare);
      }
      NDArray sum = bare.mul(0.5);
      for (int p = 0; p < prefixes; p++) {
        int prefix = p;
        long[] places = entries.stream().mapToLong(e -> e.prefixed().get(prefix)).toArray();
        sum = sum.add(picked(all, places).mul(0.5 / prefixes));
      }
      return scope.keep(sum);
    }
  }

  private static NDArray picked(NDArray all, long[] places) {
    return Tensors.rows(all, places);
  }

  /**
   * The keys of a mixture's memories, times gate and √weight.
   *
   * @param reads what each memory reads at some of the token rows
   * @return by memory, to the open scope; memories that no row reaches are absent
   */
  Map<Integer, Keys> mixtureKeys(Map<Integer, RowStates.Read> reads) {
    Map<Integer, Keys> result = new TreeMap<>();
    reads.forEach(
        (memory, read) -> {
          Map<Integer, Integer> at = new HashMap<>();
          for (int i = 0; i < read.rows().length; i++) {
            at.put(read.rows()[i], i);
          }
          int[] own =
              IntStream.range(0, count()).filter(row -> at.containsKey(places[row])).toArray();
          if (own.length > 0) {
            result.put(memory, keys(read.keys(), own, at));
          }
        });
    return result;
  }

  private Keys keys(NDArray read, int[] own, Map<Integer, Integer> at) {
    try (Scope scope = new Scope()) {
      long[] from = Arrays.stream(own).mapToLong(row -> at.get(places[row])).toArray();
      double[] factors = Arrays.stream(own).mapToDouble(row -> scales[row]).toArray();
      NDArray factor = read.getManager().create(factors, new Shape(own.length, 1));
      NDArray keys = Tensors.rows(read, from).mul(factor);
      return new Keys(scope.keep(keys), Arrays.stream(own).asLongStream().toArray());
    }
  }

  /**
   * What is missing between the wanted states and those that the model has now, times √weight; 0
   * for groups that are only to be kept.
   *
   * @param starts outputs of the value layer at every token row before the first edit, [rows][d];
   *     may be null where all rows are bare prompts
   * @param now the same at every row of the solve as the model is now, [n, d] float64
   * @return [n, d] float64, to the open scope
   */
  NDArray residual(ValueSet values, double[][] starts, NDArray now) {
    int width = Math.toIntExact(now.getShape().get(1));
    double[] wanted = new double[count() * width];
    double[] factors = new double[count()];
    for (int row = 0; row < count(); row++) {
      if (groups[row] < values.groups().size()) {
        factors[row] = scales[row];
        fill(wanted, row * width, row, values, starts);
      }
    }
    try (Scope scope = new Scope()) {
      NDManager manager = now.getManager();
      NDArray target = manager.create(wanted, new Shape(count(), width));
      NDArray factor = manager.create(factors, new Shape(count(), 1));
      return scope.keep(target.sub(now).mul(factor));
    }
  }

  private void fill(double[] wanted, int from, int row, ValueSet values, double[][] starts) {
    if (bare[row]) {
      float[] z = values.value(groups[row], facts[row]);
      for (int i = 0; i < z.length; i++) {
        wanted[from + i] = z[i];
      }
    } else {
      float[] delta = values.deltas().get(groups[row]);
      for (int i = 0; i < delta.length; i++) {
        wanted[from + i] = starts[places[row]][i] + delta[i];
      }
    }
  }
}
