package dev.errata.editing.torch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes a TorchScript archive: a stored zip of the module's source text and a pickle of its
 * attributes (PyTorch, "TorchScript serialization format", version 10).
 */
final class TorchScriptArchive {
  private static final String CLASS = "Kernels";
  private static final byte PROTO = (byte) 0x80;
  private static final byte NEW_OBJECT = (byte) 0x81;
  private static final byte NEW_TRUE = (byte) 0x88;
  private static final byte NEW_FALSE = (byte) 0x89;

  private TorchScriptArchive() {}

  /**
   * Writes the archive of one module without parameters.
   *
   * @param methods the method definitions, indented by two blanks, in the TorchScript dialect
   * @param attributes Boolean, Long, Integer or Double values that the methods read from self
   */
  static byte[] write(String methods, Map<String, Object> attributes) {
    Map<String, Object> sorted = new TreeMap<>(attributes);
    StringBuilder source = new StringBuilder("class " + CLASS + "(Module):\n");
    source.append("  __parameters__ = []\n  __buffers__ = []\n");
    sorted.forEach((name, value) -> source.append("  " + name + " : " + type(value) + "\n"));
    source.append(methods);
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      entry(zip, "data.pkl", pickle(sorted));
      entry(zip, "code/__torch__.py", source.toString().getBytes(StandardCharsets.UTF_8));
      entry(zip, "constants.pkl", new byte[] {PROTO, 2, ')', '.'});
      entry(zip, "version", "10\n".getBytes(StandardCharsets.US_ASCII));
      entry(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static String type(Object value) {
    if (value instanceof Boolean) {
      return "bool";
    }
    return value instanceof Double ? "float" : "int";
  }

  private static byte[] pickle(Map<String, Object> attributes) throws IOException {
    var out = new ByteArrayOutputStream();
    out.write(new byte[] {PROTO, 2, 'c'});
    out.write(("__torch__\n" + CLASS + "\n").getBytes(StandardCharsets.US_ASCII));
    out.write(new byte[] {')', NEW_OBJECT, '}', '('});
    for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
      byte[] name = attribute.getKey().getBytes(StandardCharsets.UTF_8);
      out.write('X');
      out.write(littleEndian(name.length));
      out.write(name);
      Object value = attribute.getValue();
      if (value instanceof Boolean flag) {
        out.write(flag ? NEW_TRUE : NEW_FALSE);
      } else if (value instanceof Double number) {
        out.write('G');
        out.write(ByteBuffer.allocate(Double.BYTES).putDouble(number).array());
      } else {
        out.write('J');
        out.write(littleEndian(Math.toIntExact(((Number) value).longValue())));
      }
    }
    out.write(new byte[] {'u', 'b', '.'});
    return out.toByteArray();
  }

  private static byte[] littleEndian(int value) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static void entry(ZipOutputStream zip, String name, byte[] data) throws IOException {
    var entry = new ZipEntry("errata/" + name);
    var crc = new CRC32();
    crc.update(data);
    entry.setCrc(crc.getValue());
    entry.setSize(data.length);
    entry.setCompressedSize(data.length);
    zip.putNextEntry(entry);
    zip.write(data);
    zip.closeEntry();
  }
}
