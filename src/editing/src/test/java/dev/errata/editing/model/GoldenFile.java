package dev.errata.editing.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A golden.safetensors, read without the code under test. */
final class GoldenFile implements AutoCloseable {
  private final JsonNode header;
  private final ByteBuffer data;

  private GoldenFile(JsonNode header, ByteBuffer data) {
    this.header = header;
    this.data = data;
  }

  static GoldenFile open(Path file) {
    try {
      ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      int length = Math.toIntExact(all.getLong());
      byte[] header = new byte[length];
      all.get(header);
      return new GoldenFile(
          new ObjectMapper().readTree(header), all.slice().order(ByteOrder.LITTLE_ENDIAN));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  float[] floats(String name) {
    JsonNode entry = header.get(name);
    int from = entry.get("data_offsets").get(0).asInt();
    int to = entry.get("data_offsets").get(1).asInt();
    float[] result = new float[(to - from) / Float.BYTES];
    for (int i = 0; i < result.length; i++) {
      result[i] = data.getFloat(from + i * Float.BYTES);
    }
    return result;
  }

  /** An int64 tensor, flat. */
  long[] longs(String name) {
    JsonNode entry = header.get(name);
    int from = entry.get("data_offsets").get(0).asInt();
    int to = entry.get("data_offsets").get(1).asInt();
    long[] result = new long[(to - from) / Long.BYTES];
    Arrays.setAll(result, i -> data.getLong(from + i * Long.BYTES));
    return result;
  }

  /** An int64 matrix as rows, or an int64 vector as one row. */
  List<int[]> rows(String name) {
    JsonNode entry = header.get(name);
    int from = entry.get("data_offsets").get(0).asInt();
    JsonNode shape = entry.get("shape");
    int width = shape.get(shape.size() - 1).asInt();
    int count = shape.size() == 1 ? 1 : shape.get(0).asInt();
    List<int[]> result = new ArrayList<>();
    for (int row = 0; row < count; row++) {
      int[] values = new int[width];
      for (int i = 0; i < width; i++) {
        values[i] = Math.toIntExact(data.getLong(from + (row * width + i) * Long.BYTES));
      }
      result.add(values);
    }
    return result;
  }

  /** The rows of the batch without padding. */
  List<int[]> prompts() {
    List<int[]> ids = rows("input_ids");
    List<int[]> masks = rows("attention_mask");
    List<int[]> result = new ArrayList<>();
    for (int row = 0; row < ids.size(); row++) {
      result.add(Arrays.copyOf(ids.get(row), Arrays.stream(masks.get(row)).sum()));
    }
    return result;
  }

  /** Compares at real positions; [B, T, width]. */
  void requireClose(String name, NDArray actual, TokenBatch batch, float tolerance) {
    float[] expected = floats(name);
    float[] values = actual.toFloatArray();
    assertThat(values.length).as(name).isEqualTo(expected.length);
    int width = expected.length / (batch.size() * batch.width());
    float worst = 0;
    for (int row = 0; row < batch.size(); row++) {
      int from = row * batch.width() * width;
      for (int i = from; i < from + batch.length(row) * width; i++) {
        float difference = Math.abs(values[i] - expected[i]);
        assertThat(difference).as("%s at %d is a number", name, i).isNotNaN();
        worst = Math.max(worst, difference);
      }
    }
    assertThat(worst).as(name).isLessThanOrEqualTo(tolerance);
  }

  @Override
  public void close() {
    // Everything was read at once; closing keeps the tests' try blocks alike.
  }
}
