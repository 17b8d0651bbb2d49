package dev.errata.editing.checkpoint;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file mapped for reading. A file up to 2 GiB is mapped once; of a larger one each slice is
 * mapped by itself, since a Java 17 buffer ends at 2 GiB.
 */
final class MappedFile implements Closeable {
  private final Path file;
  private final FileChannel channel;
  private final ByteBuffer whole;

  private MappedFile(Path file, FileChannel channel, ByteBuffer whole) {
    this.file = file;
    this.channel = channel;
    this.whole = whole;
  }

  static MappedFile open(Path file) {
    try {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      long size = channel.size();
      ByteBuffer whole =
          size <= Integer.MAX_VALUE ? channel.map(FileChannel.MapMode.READ_ONLY, 0, size) : null;
      return new MappedFile(file, channel, whole);
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  ByteBuffer slice(long offset, int length) {
    ByteBuffer slice;
    if (whole != null) {
      slice = whole.slice((int) offset, length);
    } else {
      try {
        slice = channel.map(FileChannel.MapMode.READ_ONLY, offset, length);
      } catch (IOException e) {
        throw IoProblems.of(file, e);
      }
    }
    return slice.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Fills a buffer from a place of the file; leaves no page of it in this process. */
  void read(long offset, ByteBuffer target) throws IOException {
    long at = offset;
    while (target.hasRemaining()) {
      int read = channel.read(target, at);
      if (read < 0) {
        throw new IOException("the file shrank while it was read");
      }
      at += read;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
