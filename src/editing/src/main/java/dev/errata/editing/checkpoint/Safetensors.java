package dev.errata.editing.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of one safetensors file: eight bytes little-endian length, a JSON object, then the
 * data without gaps (https://github.com/huggingface/safetensors, "Format").
 *
 * @param file the file
 * @param dataOffset first byte of the data, counted from the start of the file
 * @param tensors the tensors by name, in the order of their data
 * @param metadata the header's {@code __metadata__}
 */
record Safetensors(
    Path file, long dataOffset, Map<String, TensorInfo> tensors, Map<String, String> metadata) {
  static final String METADATA = "__metadata__";

  /** The limit of the reference implementation. */
  private static final long MAX_HEADER = 100_000_000;

  private static final int PREFIX = 8;

  Safetensors {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /**
   * Reads and validates the header of a file.
   *
   * @throws InputException when the file is truncated or its header is wrong; every problem of the
   *     header is named
   */
  static Safetensors read(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return read(file, channel);
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": no such file");
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  private static Safetensors read(Path file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < PREFIX) {
      throw truncated(file, "a safetensors file begins with 8 bytes, this one has " + size);
    }
    long length = bytes(channel, 0, PREFIX).getLong();
    if (length < 2 || length > MAX_HEADER) {
      throw new InputException(
          file
              + ": not a safetensors file: its header would be "
              + Long.toUnsignedString(length)
              + " bytes long (allowed: 2 to "
              + MAX_HEADER
              + ")");
    }
    if (PREFIX + length > size) {
      throw truncated(
          file, "its header alone takes " + (PREFIX + length) + " bytes, the file has " + size);
    }
    JsonNode header = json(file, bytes(channel, PREFIX, (int) length));
    return new HeaderReader(file, PREFIX + length, size).read(header);
  }

  private static ByteBuffer bytes(FileChannel channel, long position, int length)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new IOException("the file shrank while it was read");
      }
    }
    return buffer.flip();
  }

  private static JsonNode json(Path file, ByteBuffer bytes) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new InputException(file + ": not a safetensors file: its header is not UTF-8");
    }
    try {
      JsonNode header = Json.STRICT.readTree(text);
      if (header instanceof ObjectNode) {
        return header;
      }
      throw new InputException(file + ": not a safetensors file: its header is not a JSON object");
    } catch (JsonProcessingException e) {
      throw new InputException(file + ": the safetensors header is wrong: " + Json.reason(e));
    }
  }

  private static InputException truncated(Path file, String reason) {
    return new InputException(
        file + ": truncated: " + reason + "; copy or download the file again");
  }

  /** Turns the JSON of a header into tensors and collects what is wrong with it. */
  private static final class HeaderReader {
    private final Path file;
    private final long dataOffset;
    private final long dataLength;
    private final List<String> problems = new ArrayList<>();
    private final List<Extent> extents = new ArrayList<>();

    private record Extent(TensorInfo tensor, long begin, long end) {}

    HeaderReader(Path file, long dataOffset, long size) {
      this.file = file;
      this.dataOffset = dataOffset;
      this.dataLength = size - dataOffset;
    }

    Safetensors read(JsonNode header) {
      Map<String, String> metadata = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> field : header.properties()) {
        if (field.getKey().equals(METADATA)) {
          readMetadata(field.getValue(), metadata);
        } else {
          readTensor(field.getKey(), field.getValue());
        }
      }
      extents.sort(
          Comparator.comparingLong(Extent::begin)
              .thenComparingLong(Extent::end)
              .thenComparing(extent -> extent.tensor().name()));
      if (problems.isEmpty()) {
        checkExtents();
      }
      if (!problems.isEmpty()) {
        throw InputProblems.of(file + ": the safetensors header is wrong", problems);
      }
      Map<String, TensorInfo> tensors = new LinkedHashMap<>();
      extents.forEach(extent -> tensors.put(extent.tensor().name(), extent.tensor()));
      return new Safetensors(file, dataOffset, tensors, metadata);
    }

    private void readMetadata(JsonNode node, Map<String, String> metadata) {
      if (!node.isObject()) {
        problems.add(METADATA + " is not an object");
        return;
      }
      for (Map.Entry<String, JsonNode> entry : node.properties()) {
        if (entry.getValue().isTextual()) {
          metadata.put(entry.getKey(), entry.getValue().textValue());
        } else {
          problems.add(METADATA + "." + entry.getKey() + " is not a string");
        }
      }
    }

    private void readTensor(String name, JsonNode node) {
      int before = problems.size();
      String label = "tensor '" + name + "': ";
      String type = node.path("dtype").asText("");
      Dtype dtype = Dtype.named(type).orElse(null);
      if (dtype == null) {
        problems.add(label + "dtype '" + type + "' is not one of " + Dtype.known());
      }
      List<Long> shape = longs(node.path("shape"));
      if (shape == null) {
        problems.add(label + "shape " + node.path("shape") + " is not a list of sizes");
      }
      List<Long> offsets = longs(node.path("data_offsets"));
      if (offsets == null || offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
        problems.add(label + "data_offsets " + node.path("data_offsets") + " is not [begin, end]");
      }
      if (problems.size() == before) {
        addTensor(label, name, dtype, shape, offsets.get(0), offsets.get(1));
      }
    }

    private void addTensor(
        String label, String name, Dtype dtype, List<Long> shape, long begin, long end) {
      long offset;
      TensorInfo tensor;
      long bytes;
      try {
        offset = Math.addExact(dataOffset, begin);
        tensor = new TensorInfo(name, dtype, shape, file.getFileName().toString(), offset);
        bytes = tensor.bytes();
      } catch (ArithmeticException e) {
        problems.add(label + "shape " + shape + " is larger than any file");
        return;
      }
      if (bytes != end - begin) {
        problems.add(
            label
                + "shape "
                + shape
                + " of "
                + dtype
                + " takes "
                + bytes
                + " bytes, data_offsets give "
                + (end - begin));
        return;
      }
      extents.add(new Extent(tensor, begin, end));
    }

    private static List<Long> longs(JsonNode node) {
      if (!node.isArray()) {
        return null;
      }
      List<Long> values = new ArrayList<>();
      for (JsonNode value : node) {
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
          return null;
        }
        values.add(value.longValue());
      }
      return values;
    }

    private void checkExtents() {
      long end = 0;
      String previous = "the header";
      for (Extent extent : extents) {
        String name = "tensor '" + extent.tensor().name() + "'";
        if (extent.begin() > end) {
          problems.add(
              "a hole of "
                  + (extent.begin() - end)
                  + " bytes between "
                  + previous
                  + " and "
                  + name);
        } else if (extent.begin() < end) {
          problems.add(name + " overlaps " + previous);
        }
        end = Math.max(end, extent.end());
        previous = name;
      }
      if (end > dataLength) {
        throw truncated(
            file, "the tensors take " + end + " bytes of data, the file has " + dataLength);
      }
      if (end < dataLength) {
        problems.add((dataLength - end) + " bytes after the last tensor belong to none");
      }
    }
  }
}
