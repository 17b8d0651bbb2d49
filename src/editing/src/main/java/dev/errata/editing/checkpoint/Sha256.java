package dev.errata.editing.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256, incrementally; results in lower-case hexadecimal. */
public final class Sha256 {
  private static final int CHUNK = 1 << 20;

  private final MessageDigest digest;

  /** Begins an empty digest. */
  public Sha256() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Adds the remaining bytes of a buffer, whose position does not change. */
  public Sha256 bytes(ByteBuffer bytes) {
    digest.update(bytes.duplicate());
    return this;
  }

  /** Adds a text with its length, so that no two sequences of texts are alike. */
  public Sha256 line(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
    digest.update(bytes);
    digest.update((byte) '\n');
    return this;
  }

  /** The result; the digest begins anew. */
  public String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** The digest of a file's bytes. */
  public static String ofFile(Path file) {
    Sha256 sha = new Sha256();
    ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      while (channel.read(buffer) >= 0) {
        sha.bytes(buffer.flip());
        buffer.clear();
      }
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
    return sha.hex();
  }

  /** The digest of the bytes that a stream still gives. */
  static String ofStream(InputStream in) throws IOException {
    Sha256 sha = new Sha256();
    byte[] buffer = new byte[CHUNK];
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      sha.digest.update(buffer, 0, read);
    }
    return sha.hex();
  }

  /** The digest of a text in UTF-8. */
  public static String ofText(String text) {
    Sha256 sha = new Sha256();
    sha.digest.update(text.getBytes(StandardCharsets.UTF_8));
    return sha.hex();
  }
}
