package dev.errata.editing.method.memit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Frame;
import dev.errata.editing.model.MemoryKeys;
import dev.errata.editing.model.Rows;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The states of many token rows at the input of one block. An edit of a block changes no state
 * below it, so every block is run once over all rows, after its edit.
 */
final class RowStates implements AutoCloseable {
  /** Rows that run together. */
  private static final class Part {
    final int[] rows;
    final TokenBatch batch;
    final Frame frame;
    NDArray state;

    Part(int[] rows, TokenBatch batch, Frame frame, NDArray state) {
      this.rows = rows;
      this.batch = batch;
      this.frame = frame;
      this.state = state;
    }
  }

  private final Decoder decoder;
  private final List<Part> parts = new ArrayList<>();
  private final int count;
  private int layer;

  /**
   * Embeds the rows: the state before block 0.
   *
   * @param budget greatest number of tokens that run together
   */
  RowStates(Decoder decoder, List<int[]> rows, int budget) {
    this.decoder = decoder;
    this.count = rows.size();
    List<Integer> order =
        IntStream.range(0, count)
            .boxed()
            .sorted(Comparator.comparingInt(row -> rows.get(row).length))
            .toList();
    List<Integer> part = new ArrayList<>();
    for (int row : order) {
      if (!part.isEmpty() && (part.size() + 1L) * rows.get(row).length > budget) {
        add(rows, part);
        part.clear();
      }
      part.add(row);
    }
    add(rows, part);
  }

  private void add(List<int[]> rows, List<Integer> part) {
    try (Scope scope = new Scope()) {
      TokenBatch batch = TokenBatch.of(part.stream().map(rows::get).toList());
      NDArray state = scope.release(decoder.embed(batch));
      Frame frame = decoder.frame(batch, null).release(scope);
      parts.add(new Part(part.stream().mapToInt(Integer::intValue).toArray(), batch, frame, state));
    }
  }

  /** Runs blocks until the states stand before a block. */
  void advanceTo(int target) {
    for (; layer < target; layer++) {
      for (Part part : parts) {
        try (Scope scope = new Scope()) {
          NDArray next = decoder.block(layer, part.state, part.frame, null, null, Tap.NONE);
          part.state.close();
          part.state = scope.release(next);
        }
      }
    }
  }

  /**
   * What one memory reads at the last tokens of rows.
   *
   * @param rows the rows that reach it
   * @param keys its keys there times their gates, [rows, f] float64
   */
  record Read(int[] rows, NDArray keys) {}

  /**
   * Keys of a dense block's edited linear at the last token of every row; the current block.
   *
   * @return [rows, f] float64, in the order of the rows
   */
  NDArray keys() {
    try (Scope scope = new Scope()) {
      Read read = reads().get(0);
      long[] order = new long[count];
      for (int i = 0; i < count; i++) {
        order[read.rows()[i]] = i;
      }
      return scope.keep(Tensors.rows(read.keys(), order));
    }
  }

  /**
   * Keys of all memories of the current block at the last token of every row.
   *
   * @return by memory, to the open scope; memories that no row reaches are absent
   */
  Map<Integer, Read> reads() {
    Map<Integer, List<Read>> pieces = new TreeMap<>();
    try (Scope scope = new Scope()) {
      for (Part part : parts) {
        try (Scope inner = new Scope()) {
          Map<Integer, Read> seen = new TreeMap<>();
          Tap tap =
              Tap.ofKeys(
                  (at, keys) ->
                      keys.forEach(memory -> seen.put(memory.memory(), read(part, memory))));
          decoder.block(layer, part.state, part.frame, null, null, tap);
          seen.forEach(
              (memory, read) -> {
                inner.keep(Scope.adopt(read.keys()));
                pieces.computeIfAbsent(memory, index -> new ArrayList<>()).add(read);
              });
        }
      }
      Map<Integer, Read> result = new TreeMap<>();
      pieces.forEach((memory, reads) -> result.put(memory, joined(reads)));
      result.values().forEach(read -> scope.keep(read.keys()));
      return result;
    }
  }

  private static Read joined(List<Read> reads) {
    int[] rows = reads.stream().flatMapToInt(read -> Arrays.stream(read.rows())).toArray();
    NDList keys = new NDList();
    reads.forEach(read -> keys.add(read.keys()));
    return new Read(rows, keys.size() == 1 ? keys.get(0) : NDArrays.concat(keys));
  }

  /** Runs inside a forward pass, whose scope the result must outlive. */
  private static Read read(Part part, MemoryKeys memory) {
    int width = part.batch.width();
    Map<Long, Integer> rowOf = new HashMap<>();
    for (int row = 0; row < part.rows.length; row++) {
      rowOf.put((long) row * width + part.batch.length(row) - 1, part.rows[row]);
    }
    long[] positions =
        memory.positions() == null
            ? LongStream.range(0, (long) part.rows.length * width).toArray()
            : memory.positions().toLongArray();
    int[] own =
        IntStream.range(0, positions.length).filter(i -> rowOf.containsKey(positions[i])).toArray();
    int[] rows = Arrays.stream(own).map(i -> rowOf.get(positions[i])).toArray();
    long[] picked = Arrays.stream(own).asLongStream().toArray();
    NDArray keys = Tensors.rows(memory.gated(), picked).toType(DataType.FLOAT64, true);
    return new Read(rows, Scope.escape(keys));
  }

  /**
   * Outputs of a later block at the last token of some rows, as the weights are now.
   *
   * @param target the block whose output is asked
   * @param wanted indices of rows
   * @return [wanted, d] float64
   */
  NDArray outputs(int target, int[] wanted) {
    return gather(wanted, (part, rows) -> outputs(part, rows, target));
  }

  private NDArray outputs(Part part, int[] rows, int target) {
    TokenBatch batch =
        TokenBatch.of(Arrays.stream(rows).mapToObj(row -> part.batch.rows().get(row)).toList());
    long[] index = Arrays.stream(rows).asLongStream().toArray();
    NDArray state = Tensors.rows(part.state, index).get(":, :" + batch.width());
    Frame frame = decoder.frame(batch, null);
    NDArray x = decoder.blocks(layer, target + 1, state, frame, null, null, Tap.NONE);
    long[] last =
        IntStream.range(0, batch.size()).mapToLong(row -> batch.length(row) - 1L).toArray();
    return Rows.pick(x, last);
  }

  private interface PartFunction {
    /** A tensor with a row for each of some rows of a part. */
    NDArray of(Part part, int[] rows);
  }

  private NDArray gather(int[] wanted, PartFunction function) {
    long[] place = new long[count];
    Arrays.fill(place, -1);
    Set<Integer> asked = Arrays.stream(wanted).boxed().collect(Collectors.toSet());
    try (Scope scope = new Scope()) {
      NDArray all = null;
      int next = 0;
      for (Part part : parts) {
        int[] rows =
            IntStream.range(0, part.rows.length)
                .filter(row -> asked.contains(part.rows[row]))
                .toArray();
        if (rows.length == 0) {
          continue;
        }
        for (int row : rows) {
          place[part.rows[row]] = next++;
        }
        try (Scope inner = new Scope()) {
          NDArray values = function.of(part, rows).toType(DataType.FLOAT64, true);
          all = inner.keep(all == null ? values : all.concat(values, 0));
        }
      }
      long[] order = Arrays.stream(wanted).mapToLong(row -> place[row]).toArray();
      return scope.keep(Tensors.rows(all, order));
    }
  }

  @Override
  public void close() {
    for (Part part : parts) {
      part.state.close();
      part.frame.close();
    }
  }
}
