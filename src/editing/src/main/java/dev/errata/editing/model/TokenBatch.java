package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * Token rows of different lengths, padded on the right.
 *
 * @param rows the tokens of each row, without padding; a row may be empty
 * @param positions the position of every token, of the rows' shapes
 */
public record TokenBatch(List<int[]> rows, List<int[]> positions) {

  /** Rows that begin at position 0. */
  public static TokenBatch of(List<int[]> rows) {
    return new TokenBatch(rows, rows.stream().map(row -> ascending(0, row.length)).toList());
  }

  /** Rows that go on behind others: row i begins at position {@code starts[i]}. */
  public static TokenBatch after(int[] starts, List<int[]> rows) {
    int[][] positions = new int[rows.size()][];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = ascending(starts[i], rows.get(i).length);
    }
    return new TokenBatch(rows, Arrays.asList(positions));
  }

  private static int[] ascending(int from, int count) {
    int[] result = new int[count];
    Arrays.setAll(result, i -> from + i);
    return result;
  }

  /** Number of rows, B. */
  public int size() {
    return rows.size();
  }

  /** Length of the longest row, T. */
  public int width() {
    return rows.stream().mapToInt(row -> row.length).max().orElse(0);
  }

  /** Length of a row. */
  public int length(int row) {
    return rows.get(row).length;
  }

  /** All tokens as one row without padding, row behind row, each at its own position. */
  public TokenBatch packed() {
    return new TokenBatch(List.of(joined(rows)), List.of(joined(positions)));
  }

  private static int[] joined(List<int[]> parts) {
    return parts.stream().flatMapToInt(Arrays::stream).toArray();
  }

  /** Where each row begins in the packed one. */
  public long[] starts() {
    long[] starts = new long[size()];
    for (int row = 1; row < starts.length; row++) {
      starts[row] = starts[row - 1] + length(row - 1);
    }
    return starts;
  }

  /** Where the tokens of the packed row lie in the flattened batch: row · T + index. */
  public long[] places() {
    int width = width();
    long[] places = new long[rows.stream().mapToInt(row -> row.length).sum()];
    int at = 0;
    for (int row = 0; row < size(); row++) {
      for (int i = 0; i < length(row); i++) {
        places[at++] = (long) row * width + i;
      }
    }
    return places;
  }

  /** Token ids [B, T], int64, padded with 0. */
  NDArray ids(NDManager manager) {
    return padded(manager, rows, 0);
  }

  /** The tokens that occur, ascending; never none. */
  int[] words() {
    int[] words = rows.stream().flatMapToInt(Arrays::stream).sorted().distinct().toArray();
    return words.length == 0 ? new int[] {0} : words;
  }

  /** Token ids as places among some tokens, [B, T], int64, padded with 0. */
  NDArray ids(NDManager manager, int[] words) {
    List<int[]> places =
        rows.stream()
            .map(row -> Arrays.stream(row).map(id -> Arrays.binarySearch(words, id)).toArray())
            .toList();
    return padded(manager, places, 0);
  }

  /** Positions [B, T], int64, padded with 0. */
  NDArray positionIds(NDManager manager) {
    return padded(manager, positions, 0);
  }

  /** Positions [B][T], -1 at padding. */
  int[][] paddedPositions() {
    int width = width();
    return positions.stream()
        .map(
            row -> {
              int[] padded = Arrays.copyOf(row, width);
              Arrays.fill(padded, row.length, width, -1);
              return padded;
            })
        .toArray(int[][]::new);
  }

  private NDArray padded(NDManager manager, List<int[]> values, long padding) {
    int width = width();
    long[] flat = new long[size() * width];
    Arrays.fill(flat, padding);
    for (int row = 0; row < values.size(); row++) {
      int[] source = values.get(row);
      for (int i = 0; i < source.length; i++) {
        flat[row * width + i] = source[i];
      }
    }
    return manager.create(flat, new Shape(size(), width));
  }
}
