package dev.errata.api.listing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.zip.GZIPOutputStream;

/**
 * Writes one part of a listing. Every part is given the whole listing and keeps the lines that
 * begin in its own stretch of it, so that parts which know nothing of each other make up the whole.
 *
 * <p>A kubelet begins a new log behind 10 MiB and shows only the last one: a part is less, however
 * badly its lines compress.
 */
public final class ListingWriter {
  /** Bytes of the listing between the beginnings of two parts. */
  public static final int STRETCH = 4 << 20;

  /** The longest line, in bytes. */
  public static final int MAX_LINE = 1 << 20;

  /** Begins the line before a part; its {@link ListingPart.Head} follows. */
  static final String BEGIN = "errata.listing.begin ";

  /** Begins each line of a part; Base64 follows. */
  static final String LINE = "errata.listing ";

  /** The line behind a part. */
  static final String END = "errata.listing.end";

  /** Container runtimes split lines of 16 KiB, and other lines may come between the pieces. */
  private static final int WIDTH = 8_000;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final int part;
  private final int stretch;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final GZIPOutputStream zip;
  private long written;
  private long facts;
  private long cut;

  /**
   * Begins.
   *
   * @param part which one to write, from 0
   */
  public ListingWriter(int part) {
    this(part, STRETCH);
  }

  /**
   * Begins one of parts of another size.
   *
   * @param stretch bytes of the listing between the beginnings of two parts
   */
  public ListingWriter(int part, int stretch) {
    this.part = part;
    this.stretch = stretch;
    try {
      this.zip = new GZIPOutputStream(kept);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Begins a version; one without a problem is followed by what it holds and by its end. */
  public void version(ListedVersion version) {
    facts = 0;
    cut = 0;
    write(new ListingLine(version, null, null, null));
  }

  /** Adds how the version changed a tensor. */
  public void tensor(JsonNode change) {
    if (!write(new ListingLine(null, change, null, null))) {
      cut++;
    }
  }

  /** Adds a fact of the version. */
  public void fact(ListedFact fact) {
    if (write(new ListingLine(null, null, fact, null))) {
      facts++;
    } else {
      cut++;
    }
  }

  /** Ends the version. */
  public void end() {
    write(new ListingLine(null, null, null, new ListingLine.End(facts, cut)));
  }

  /** Whether it is not too long. */
  private boolean write(ListingLine line) {
    try {
      byte[] bytes = JSON.writeValueAsBytes(line);
      if (bytes.length >= MAX_LINE) {
        return false;
      }
      if (written / stretch == part) {
        zip.write(bytes);
        zip.write('\n');
      }
      written += bytes.length + 1;
      return true;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a line that cannot be written as JSON", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends the listing: writes the part, which is empty when the listing ends before it. */
  public void finish(PrintWriter out) {
    try {
      zip.close();
      byte[] bytes = kept.toByteArray();
      int parts = Math.toIntExact(Math.max(1, (written + stretch - 1) / stretch));
      ListingPart.Head head =
          new ListingPart.Head(part, parts, bytes.length, ListingPart.digest(bytes));
      out.println(BEGIN + JSON.writeValueAsString(head));
      String text = new String(Base64.getEncoder().encode(bytes), US_ASCII);
      for (int at = 0; at < text.length(); at += WIDTH) {
        out.println(LINE + text.substring(at, Math.min(text.length(), at + WIDTH)));
      }
      out.println(END);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
