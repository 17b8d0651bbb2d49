package dev.errata.api.listing;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.InputException;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.zip.GZIPInputStream;

/** A part of a listing, as it was read from a log and found whole. */
public final class ListingPart {
  /** No log is longer, in bytes: a part whose lines do not compress has less. */
  public static final int MAX_LOG = 8 << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Head head;
  private final byte[] bytes;

  private ListingPart(Head head, byte[] bytes) {
    this.head = head;
    this.bytes = bytes;
  }

  /** What it says of itself. */
  public Head head() {
    return head;
  }

  /**
   * What a part says of itself.
   *
   * @param part which one it is, from 0
   * @param parts how many there are
   * @param bytes how many bytes its compressed lines have
   * @param sha256 of these bytes, {@code sha256:…}
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Head(int part, int parts, int bytes, String sha256) {}

  /**
   * Finds the part in the log of a pod; other lines may be before, between and behind its own.
   *
   * @throws InputException when there is none, or not all of it
   * @throws IOException when the log cannot be read
   */
  public static ListingPart read(Reader log) throws IOException {
    BufferedReader lines = new BufferedReader(log);
    Head head = null;
    boolean ended = false;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String line = lines.readLine(); line != null && !ended; line = lines.readLine()) {
      if (line.startsWith(ListingWriter.BEGIN)) {
        head = head(line.substring(ListingWriter.BEGIN.length()));
      } else if (line.equals(ListingWriter.END)) {
        ended = true;
      } else if (line.startsWith(ListingWriter.LINE)) {
        bytes.writeBytes(decode(line.substring(ListingWriter.LINE.length())));
      }
    }
    if (head == null) {
      throw new InputException(
          "its log does not hold the beginning of its listing; the cluster's nodes keep less of a"
              + " container's log than a listing takes (the kubelet's containerLogMaxSize, 10 MiB by"
              + " default)");
    }
    byte[] all = bytes.toByteArray();
    if (!ended || all.length != head.bytes() || !digest(all).equals(head.sha256())) {
      throw new InputException(
          "its log does not hold all of its listing: "
              + all.length
              + " of "
              + head.bytes()
              + " bytes");
    }
    return new ListingPart(head, all);
  }

  private static Head head(String text) {
    try {
      return JSON.readValue(text, Head.class);
    } catch (IOException e) {
      throw new InputException("its log holds no listing: " + e.getMessage(), e);
    }
  }

  private static byte[] decode(String text) {
    try {
      return Base64.getDecoder().decode(text.getBytes(US_ASCII));
    } catch (IllegalArgumentException e) {
      throw new InputException("its log holds a line of a listing that is none", e);
    }
  }

  static String digest(byte[] bytes) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return "sha256:" + HexFormat.of().formatHex(sha.digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Its lines, read as they are asked for.
   *
   * @throws InputException from the iterator, when a line is none of a listing
   */
  public Iterator<ListingLine> lines() {
    BufferedReader text;
    try {
      text =
          new BufferedReader(
              new InputStreamReader(new GZIPInputStream(new ByteArrayInputStream(bytes)), UTF_8));
    } catch (IOException e) {
      throw new InputException("its listing cannot be read: " + e.getMessage(), e);
    }
    return new Iterator<>() {
      private String next = readLine(text);

      @Override
      public boolean hasNext() {
        return next != null;
      }

      @Override
      public ListingLine next() {
        if (next == null) {
          throw new NoSuchElementException();
        }
        ListingLine line = line(next);
        next = readLine(text);
        return line;
      }
    };
  }

  private static String readLine(BufferedReader text) {
    try {
      return text.readLine();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ListingLine line(String text) {
    try {
      return JSON.readValue(text, ListingLine.class);
    } catch (IOException e) {
      throw new InputException("its listing has a line that is none: " + e.getMessage(), e);
    }
  }
}
