package dev.errata.api.facts;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.Locations;
import dev.errata.api.Problems;
import dev.errata.api.Text;
import dev.errata.api.Utf8Reader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;

/**
 * Reads facts as a stream: memory grows with the facts kept, not with the file. All problems of a
 * source are told at once.
 */
public final class FactReader {
  /** How many facts one job may hold unless told otherwise. */
  public static final int MAX_FACTS = 100_000;

  /** The longest line of a JSON Lines file, in characters. */
  static final int MAX_LINE = 1 << 20;

  /** The longest record of a list, in characters. */
  static final int MAX_RECORD = 1 << 24;

  /** How much text the facts of one job may be, in characters: they are kept in memory. */
  static final int MAX_TEXT = 1 << 28;

  /** Opens files; the default is {@link Files#newInputStream}. */
  public interface Opener {
    /** Opens a file to be read; the caller closes it. */
    InputStream open(Path file) throws IOException;
  }

  /**
   * How to read.
   *
   * @param maxFacts the most facts that a source may hold
   * @param onContradiction what two facts do that contradict each other
   * @param opener opens files
   */
  public record Options(int maxFacts, OnContradiction onContradiction, Opener opener) {
    /** At most {@link #MAX_FACTS}, contradictions are refused. */
    public static final Options DEFAULT = new Options(MAX_FACTS, OnContradiction.Refuse);

    /** Of files that the machine reaches by itself. */
    public Options(int maxFacts, OnContradiction onContradiction) {
      this(maxFacts, onContradiction, Files::newInputStream);
    }

    /** The same with another way to open files. */
    public Options with(Opener other) {
      return new Options(maxFacts, onContradiction, other);
    }
  }

  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
              .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxStringLength(MAX_LINE)
                      .maxNestingDepth(64)
                      .build())
              .build());

  private static final ObjectReader ONE =
      JSON.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final String name;
  private final FactFormat format;
  private final Options options;
  private final Problems problems = new Problems();
  private final FactCheck check;
  private int count;

  private FactReader(String name, FactFormat format, Options options) {
    this.name = name;
    this.format = format;
    this.options = options;
    this.check = new FactCheck(options.onContradiction(), problems);
  }

  /** Reads a file with the {@linkplain Options#DEFAULT default options}. */
  public static FactSet read(Path file, FactFormat format) {
    return read(file, format, Options.DEFAULT);
  }

  /**
   * Reads a file.
   *
   * @throws InputException when it cannot be read or holds anything that cannot be edited
   */
  public static FactSet read(Path file, FactFormat format, Options options) {
    try (InputStream in = options.opener().open(file)) {
      return read(in, Locations.name(file), format, options);
    } catch (NoSuchFileException e) {
      throw new InputException(
          Locations.name(file) + ": no such file; give the path of a facts file", e);
    } catch (IOException e) {
      throw new InputException(
          Locations.name(file)
              + ": cannot be read ("
              + e
              + "); give the path of a readable facts file",
          e);
    }
  }

  /**
   * Reads a stream; the caller closes it.
   *
   * @param name what messages call it
   * @throws InputException when it holds anything that cannot be edited
   * @throws IOException when the stream fails
   */
  public static FactSet read(InputStream in, String name, FactFormat format, Options options)
      throws IOException {
    FactReader reader = new FactReader(name, format, options);
    try {
      Utf8Reader text = new Utf8Reader(in);
      if (format == FactFormat.Jsonl) {
        reader.readLines(new BufferedReader(text));
      } else {
        reader.readRecords(text);
      }
    } catch (Utf8Reader.Malformed e) {
      reader.problems.add(name + ":" + e.line() + ": " + e.getMessage());
    }
    if (reader.count == 0 && reader.problems.count() == 0) {
      reader.problems.add(name + ": holds no facts; give at least one in the format " + format);
    }
    return reader.check.finish();
  }

  /**
   * Checks facts that are already at hand, such as those written into a manifest.
   *
   * @param place what messages call the fact of an index
   * @throws InputException when any of them cannot be edited
   */
  public static FactSet check(List<Fact> facts, IntFunction<String> place, Options options) {
    Problems problems = new Problems();
    FactCheck check = new FactCheck(options.onContradiction(), problems);
    if (facts.size() > options.maxFacts()) {
      problems.add(tooMany(place.apply(options.maxFacts()), options.maxFacts()));
    } else {
      for (int i = 0; i < facts.size(); i++) {
        check.add(facts.get(i), place.apply(i));
      }
    }
    return check.finish();
  }

  private void readLines(BufferedReader text) throws IOException {
    int line = 0;
    long read = 0;
    StringBuilder buffer = new StringBuilder();
    boolean more = true;
    while (more) {
      line++;
      buffer.setLength(0);
      more = nextLine(text, buffer);
      String place = name + ":" + line;
      if (buffer.length() > MAX_LINE) {
        problems.add(
            place
                + ": the line is longer than "
                + MAX_LINE
                + " characters; write one fact a line"
                + " (format Jsonl), or name the format of the file");
        return;
      }
      if (buffer.toString().isBlank()) {
        continue;
      }
      read += buffer.length();
      if (full(place, read)) {
        return;
      }
      try {
        accept(ONE.readTree(buffer.toString()), place, line);
      } catch (JsonProcessingException e) {
        problems.add(malformed(name, line, e));
      }
    }
  }

  /** Appends the next line, or its first {@link #MAX_LINE} + 1 characters; false at the end. */
  private static boolean nextLine(Reader text, StringBuilder line) throws IOException {
    int c;
    while ((c = text.read()) >= 0) {
      if (c == '\n') {
        return true;
      }
      line.append((char) c);
      if (line.length() > MAX_LINE) {
        return true;
      }
    }
    return false;
  }

  /** A JSON array of records, or records in a row. */
  private void readRecords(Reader text) throws IOException {
    Meter meter = new Meter(text);
    try (JsonParser parser = JSON.getFactory().createParser(meter)) {
      parser.disable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
      JsonToken token = parser.nextToken();
      boolean array = token == JsonToken.START_ARRAY;
      if (array) {
        token = parser.nextToken();
      }
      for (int record = 1; token != null && token != JsonToken.END_ARRAY; record++) {
        int line = parser.currentTokenLocation().getLineNr();
        String place = name + ":" + line + " (record " + record + ")";
        if (full(place, meter.read)) {
          return;
        }
        meter.record = meter.read;
        accept(parser.readValueAsTree(), place, record);
        token = parser.nextToken();
      }
      if (array && parser.nextToken() != null) {
        JsonLocation at = parser.currentTokenLocation();
        problems.add(
            name + ":" + at.getLineNr() + ": more text after the end of the list; remove it");
      }
    } catch (JsonProcessingException e) {
      problems.add(malformed(name, 0, e));
    } catch (Meter.Exceeded e) {
      problems.add(
          String.format(
              Locale.ROOT,
              "%s: record %,d is longer than %,d characters; write one fact a record, or name the"
                  + " format of the file",
              name,
              count + 1,
              MAX_RECORD));
    }
  }

  /** Counts characters, so that no record is taken that does not fit into memory. */
  private static final class Meter extends Reader {
    private final Reader in;
    private long read;
    private long record;

    /** A record that is too long. */
    static final class Exceeded extends IOException {
      private static final long serialVersionUID = 1L;
    }

    Meter(Reader in) {
      this.in = in;
    }

    @Override
    public int read(char[] target, int from, int length) throws IOException {
      int got = in.read(target, from, length);
      read += Math.max(0, got);
      if (read - record > MAX_RECORD) {
        throw new Exceeded();
      }
      return got;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  private boolean full(String place, long read) {
    if (count >= options.maxFacts()) {
      problems.add(tooMany(place, options.maxFacts()));
    } else if (read > MAX_TEXT) {
      problems.add(
          String.format(
              Locale.ROOT,
              "%s: more than %,d characters of facts; split the source into several jobs",
              place,
              MAX_TEXT));
    } else {
      return false;
    }
    return true;
  }

  private static String tooMany(String place, int most) {
    return String.format(
        Locale.ROOT, "%s: more than %,d facts; split the source into several jobs", place, most);
  }

  private void accept(JsonNode node, String place, int line) {
    if (!node.isObject()) {
      count++;
      problems.add(
          place + ": must be a JSON object with one fact, is " + Text.clip(node.toString()));
      return;
    }
    Fields fields = new Fields(node, place, problems);
    List<Fact> facts = FactParser.parse(format, fields, line);
    count += Math.max(1, facts.size());
    for (Fact fact : facts) {
      check.add(fact, place);
    }
  }

  private static String malformed(String name, int line, JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    int row = line > 0 ? line : at == null ? 1 : at.getLineNr();
    String column = at == null ? "" : ", column " + at.getColumnNr();
    return name + ":" + row + column + ": not valid JSON: " + e.getOriginalMessage();
  }
}
