package dev.errata.editing.method.memit;

import ai.djl.ndarray.NDArray;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.KeyValueCache;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keys and values of token rows of which many begin alike, as prompts behind the same prefixes do:
 * what rows have in common at their beginning is computed once.
 */
final class SharedBeginnings {
  /** Rows that agree in so many tokens are looked at as one family. */
  private static final int LEAST = 4;

  /** The distinct beginnings, and for each row which of them is its own. */
  private record Found(List<int[]> beginnings, int[] of) {}

  private SharedBeginnings() {}

  /**
   * Runs rows through all blocks.
   *
   * @param rows token rows, some of which may be empty
   * @return their keys and values, for the caller to close
   */
  static KeyValueCache record(Decoder decoder, List<int[]> rows) {
    Found found = find(rows);
    TokenBatch first = TokenBatch.of(found.beginnings());
    KeyValueCache cache = new KeyValueCache(decoder.architecture().layers());
    try (Scope scope = new Scope()) {
      if (first.width() > 0) {
        run(decoder, first, cache);
        long[] index = Arrays.stream(found.of()).asLongStream().toArray();
        KeyValueCache spread = cache.rows(decoder.manager().create(index), found.of());
        cache.close();
        cache = spread;
      }
      int[] starts =
          Arrays.stream(found.of()).map(of -> found.beginnings().get(of).length).toArray();
      List<int[]> rest = new ArrayList<>();
      for (int row = 0; row < starts.length; row++) {
        rest.add(Arrays.copyOfRange(rows.get(row), starts[row], rows.get(row).length));
      }
      TokenBatch second = TokenBatch.after(starts, rest);
      if (second.width() > 0) {
        run(decoder, second, cache);
      }
      return cache;
    } catch (RuntimeException e) {
      cache.close();
      throw e;
    }
  }

  private static void run(Decoder decoder, TokenBatch batch, KeyValueCache cache) {
    try (Scope scope = new Scope()) {
      var frame = decoder.packedFrame(batch, cache);
      decoder.announce(cache, batch);
      NDArray embedded = decoder.embed(batch.packed());
      int layers = decoder.architecture().layers();
      decoder.blocks(0, layers, embedded, frame, cache, cache, Tap.NONE);
    }
  }

  private static Found find(List<int[]> rows) {
    Map<List<Integer>, int[]> common = new LinkedHashMap<>();
    List<List<Integer>> keys = new ArrayList<>();
    for (int[] row : rows) {
      int[] head = row.length < LEAST ? new int[0] : Arrays.copyOf(row, LEAST);
      List<Integer> key = Arrays.stream(head).boxed().toList();
      keys.add(key);
      common.merge(key, row.length < LEAST ? head : row, SharedBeginnings::agreement);
    }
    List<List<Integer>> order = List.copyOf(common.keySet());
    Map<List<Integer>, Integer> index = new LinkedHashMap<>();
    order.forEach(key -> index.put(key, index.size()));
    int[] of = keys.stream().mapToInt(index::get).toArray();
    return new Found(List.copyOf(common.values()), of);
  }

  private static int[] agreement(int[] one, int[] other) {
    int first = Arrays.mismatch(one, other);
    return first < 0 ? one : Arrays.copyOf(one, first);
  }
}
