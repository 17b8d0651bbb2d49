package dev.errata.editing.method.memit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Frame;
import dev.errata.editing.model.HalfBlock;
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
 * below it, so every block is run once over all rows: up to its edited linear before the edit,
 * where there is room to keep so much, and from there on behind it.
 */
final class RowStates implements AutoCloseable {
  /** Rows that run together. */
  private static final class Part {
    final int[] rows;
    final TokenBatch batch;
    final Frame frame;
    NDArray state; // [1, N, d], packed
    HalfBlock half; // of the current block, or null

    Part(int[] rows, TokenBatch batch, Frame frame, NDArray state) {
      this.rows = rows;
      this.batch = batch;
      this.frame = frame;
      this.state = state;
    }

    void forget() {
      if (half != null) {
        half.close();
        half = null;
      }
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
    long tokens = 0;
    for (int row : order) {
      if (!part.isEmpty() && tokens + rows.get(row).length > budget) {
        add(rows, part);
        part.clear();
        tokens = 0;
      }
      part.add(row);
      tokens += rows.get(row).length;
    }
    add(rows, part);
  }

  private void add(List<int[]> rows, List<Integer> part) {
    try (Scope scope = new Scope()) {
      TokenBatch batch = TokenBatch.of(part.stream().map(rows::get).toList());
      NDArray state = scope.release(decoder.embed(batch.packed()));
      Frame frame = decoder.packedFrame(batch, null).release(scope);
      parts.add(new Part(part.stream().mapToInt(Integer::intValue).toArray(), batch, frame, state));
    }
  }

  /** Runs blocks until the states stand before a block. */
  void advanceTo(int target) {
    for (; layer < target; layer++) {
      for (Part part : parts) {
        try (Scope scope = new Scope()) {
          NDArray next =
              part.half == null
                  ? decoder.block(layer, part.state, part.frame, null, null, Tap.NONE)
                  : decoder.finish(layer, part.half);
          part.state.close();
          part.state = scope.release(next);
          part.forget();
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
      NDList pieces = new NDList();
      long[] order = new long[count];
      int at = 0;
      long room = LayerUpdate.MOST_KEPT;
      for (Part part : parts) {
        part.forget();
        try (Scope inner = new Scope()) {
          HalfBlock half = decoder.begin(layer, part.state, part.frame);
          NDArray last = Rows.pickFlat(half.key(), last(part.batch));
          pieces.add(inner.keep(last.toType(DataType.FLOAT64, true)));
          long bytes =
              (half.middle().size() + half.key().size()) * Tensors.width(decoder.compute().type());
          if (bytes <= room) {
            part.half = half.release(inner);
            room -= bytes;
          }
        }
        for (int row : part.rows) {
          order[row] = at++;
        }
      }
      NDArray all = pieces.size() == 1 ? pieces.get(0) : NDArrays.concat(pieces);
      return scope.keep(Tensors.rows(all, order));
    }
  }

  /** Where the last token of each row is among the states. */
  private static long[] last(TokenBatch batch) {
    long[] last = batch.starts();
    for (int row = 0; row < last.length; row++) {
      last[row] += batch.length(row) - 1;
    }
    return last;
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
    long[] last = last(part.batch);
    Map<Long, Integer> rowOf = new HashMap<>();
    for (int row = 0; row < last.length; row++) {
      rowOf.put(last[row], part.rows[row]);
    }
    long[] positions =
        memory.positions() == null
            ? LongStream.range(0, part.state.getShape().get(1)).toArray()
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
    long[] starts = part.batch.starts();
    long[] tokens =
        Arrays.stream(rows)
            .boxed()
            .flatMapToLong(r -> LongStream.range(starts[r], starts[r] + part.batch.length(r)))
            .toArray();
    NDArray state = Rows.pickFlat(part.state, tokens).expandDims(0);
    Frame frame = decoder.packedFrame(batch, null);
    NDArray x = decoder.blocks(layer, target + 1, state, frame, null, null, Tap.NONE);
    return Rows.pickFlat(x, last(batch));
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
      part.forget();
    }
  }
}
