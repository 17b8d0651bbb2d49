package dev.errata.api.event;

import dev.errata.api.InputException;
import dev.errata.api.Problems;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * How a Kafka cluster is reached. The properties hold secrets: they are in no text of this record.
 *
 * @param bootstrap hosts with ports, separated by commas
 * @param properties settings of a Kafka client: {@code security.*}, {@code sasl.*}, {@code ssl.*}
 */
public record KafkaAccess(String bootstrap, Map<String, String> properties) {
  /** Name of the file of properties, such as a Secret's key. */
  public static final String FILE = "client.properties";

  /** What a list of brokers looks like. */
  public static final String BOOTSTRAP =
      "^[A-Za-z0-9._-]+:[0-9]{1,5}(,[A-Za-z0-9._-]+:[0-9]{1,5})*$";

  private static final List<String> PREFIXES = List.of("security.", "sasl.", "ssl.");
  private static final Pattern PLACE = Pattern.compile("^ssl\\.(key|trust)store\\.location$");

  public KafkaAccess {
    Objects.requireNonNull(bootstrap, "bootstrap");
    properties = Map.copyOf(properties);
  }

  /**
   * Reads settings.
   *
   * @param bootstrap hosts with ports, separated by commas
   * @param file Java properties; relative places of key stores start at its folder; null for none
   * @throws InputException when these are not such
   */
  public static KafkaAccess of(String bootstrap, Path file) {
    if (!bootstrap.matches(BOOTSTRAP)) {
      throw new InputException(
          "Kafka's bootstrap servers \"" + bootstrap + "\": write HOST:PORT[,HOST:PORT…]");
    }
    return new KafkaAccess(bootstrap, file == null ? Map.of() : read(file));
  }

  private static Map<String, String> read(Path file) {
    Properties read = new Properties();
    try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      read.load(in);
    } catch (IOException | IllegalArgumentException e) {
      throw new InputException(
          file + ": cannot be read as properties of a Kafka client (" + e.getMessage() + ")", e);
    }
    Problems problems = new Problems();
    Map<String, String> settings = new TreeMap<>();
    for (String name : read.stringPropertyNames()) {
      if (PREFIXES.stream().noneMatch(name::startsWith)) {
        problems.add(
            file + ": " + name + ": only security.*, sasl.* and ssl.* may be set; leave it out");
      }
      String value = read.getProperty(name);
      settings.put(
          name,
          PLACE.matcher(name).matches()
              ? file.toAbsolutePath().resolveSibling(value).toString()
              : value);
    }
    problems.throwIfAny();
    return settings;
  }

  @Override
  public String toString() {
    return "Kafka at " + bootstrap;
  }
}
