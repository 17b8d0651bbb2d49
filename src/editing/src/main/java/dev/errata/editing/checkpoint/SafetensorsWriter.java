package dev.errata.editing.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Writes single safetensors files; each is durable when its method returns. */
final class SafetensorsWriter {
  private static final int ALIGNMENT = 8;

  private SafetensorsWriter() {}

  /** What the header says of a tensor. */
  record Entry(String name, Dtype dtype, List<Long> shape, long bytes) {
    static Entry of(TensorInfo tensor) {
      return new Entry(tensor.name(), tensor.dtype(), tensor.shape(), tensor.bytes());
    }
  }

  /**
   * Writes a file that does not exist yet.
   *
   * @param entries the tensors in order of their data
   * @param values a tensor's bytes, little-endian, as many as its entry says
   */
  static void write(
      Path file,
      Map<String, String> metadata,
      List<Entry> entries,
      Function<String, ByteBuffer> values)
      throws IOException {
    try (FileChannel out = create(file)) {
      StorageFiles.writeFully(out, header(metadata, entries));
      for (Entry entry : entries) {
        StorageFiles.writeFully(out, value(entry, values));
      }
      out.force(true);
    }
  }

  /**
   * Writes a shard again with other values for some of its tensors; its header and the order of its
   * data stay byte for byte.
   */
  static void rewrite(
      Path file, Safetensors shard, Set<String> changed, Function<String, ByteBuffer> values)
      throws IOException {
    try (FileChannel in = FileChannel.open(shard.file(), StandardOpenOption.READ);
        FileChannel out = create(file)) {
      long header = 0;
      while (header < shard.dataOffset()) {
        header += in.transferTo(header, shard.dataOffset() - header, out);
      }
      for (TensorInfo tensor : shard.tensors().values()) {
        if (changed.contains(tensor.name())) {
          StorageFiles.writeFully(out, value(Entry.of(tensor), values));
        } else {
          long end = tensor.offset() + tensor.bytes();
          for (long at = tensor.offset(); at < end; ) {
            at += in.transferTo(at, end - at, out);
          }
        }
      }
      out.force(true);
    }
  }

  private static FileChannel create(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    return FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
  }

  private static ByteBuffer value(Entry entry, Function<String, ByteBuffer> values) {
    ByteBuffer value = values.apply(entry.name());
    if (value == null || value.remaining() != entry.bytes()) {
      throw new IllegalArgumentException(
          "tensor '"
              + entry.name()
              + "' of "
              + entry.dtype()
              + " "
              + entry.shape()
              + " takes "
              + entry.bytes()
              + " bytes, given "
              + (value == null ? "none" : value.remaining()));
    }
    return value.duplicate();
  }

  private static ByteBuffer header(Map<String, String> metadata, List<Entry> entries) {
    ObjectNode header = JsonNodeFactory.instance.objectNode();
    if (!metadata.isEmpty()) {
      ObjectNode node = header.putObject(Safetensors.METADATA);
      metadata.forEach(node::put);
    }
    long offset = 0;
    for (Entry entry : entries) {
      ObjectNode node = header.putObject(entry.name());
      node.put("dtype", entry.dtype().name());
      entry.shape().forEach(node.putArray("shape")::add);
      node.putArray("data_offsets").add(offset).add(offset + entry.bytes());
      offset += entry.bytes();
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] aligned = Arrays.copyOf(json, padded);
    Arrays.fill(aligned, json.length, padded, (byte) ' ');
    return ByteBuffer.allocate(Long.BYTES + padded)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(padded)
        .put(aligned)
        .flip();
  }
}
