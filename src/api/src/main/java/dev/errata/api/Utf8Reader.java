package dev.errata.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Decodes UTF-8 and knows where a wrong byte stands, which {@link java.io.InputStreamReader} does
 * not tell. A byte order mark at the start is skipped.
 */
public final class Utf8Reader extends Reader {
  private static final int BUFFER = 1 << 16;

  private final InputStream in;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);
  private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER).flip();
  private final CharBuffer chars = CharBuffer.allocate(BUFFER).flip();
  private long offset;
  private long line = 1;
  private boolean start = true;
  private boolean end;

  /** Reads from the stream, which {@link #close()} closes. */
  public Utf8Reader(InputStream in) {
    this.in = in;
  }

  /** Not UTF-8; the message tells the byte, its offset and the mend. */
  public static final class Malformed extends IOException {
    private static final long serialVersionUID = 1L;
    private final long line;

    Malformed(long line, long offset, int value) {
      super(
          String.format(
              "not UTF-8 (byte 0x%02X at offset %d); save the file as UTF-8", value, offset));
      this.line = line;
    }

    /** The line of the wrong byte, counted from 1. */
    public long line() {
      return line;
    }
  }

  @Override
  public int read(char[] target, int from, int length) throws IOException {
    if (!chars.hasRemaining() && !decode()) {
      return -1;
    }
    int count = Math.min(length, chars.remaining());
    chars.get(target, from, count);
    return count;
  }

  /**
   * Fills {@link #chars}; what stands before a wrong byte is given out before it is complained of.
   */
  private boolean decode() throws IOException {
    while (true) {
      chars.clear();
      int before = bytes.position();
      CoderResult result = decoder.decode(bytes, chars, end);
      offset += bytes.position() - before;
      chars.flip();
      chars.chars().filter(c -> c == '\n').forEach(c -> line++);
      if (start && chars.hasRemaining()) {
        start = false;
        if (chars.get(0) == '\uFEFF') {
          chars.get();
        }
      }
      if (chars.hasRemaining()) {
        return true;
      }
      if (result.isError()) {
        throw new Malformed(line, offset, bytes.get(bytes.position()) & 0xFF);
      }
      if (end) {
        return false;
      }
      fill();
    }
  }

  private void fill() throws IOException {
    bytes.compact();
    int read = in.read(bytes.array(), bytes.position(), bytes.remaining());
    if (read < 0) {
      end = true;
    } else {
      bytes.position(bytes.position() + read);
    }
    bytes.flip();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
