package dev.errata.operator.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.facts.FactFormat;
import dev.errata.api.facts.FactReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A version as its files tell it.
 *
 * @param manifest {@code version.json}
 * @param report {@code report.json}; missing for version 0
 * @param facts those that were written into it, in their order
 */
record StoredVersion(JsonNode manifest, JsonNode report, List<Fact> facts) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Reads a version.
   *
   * @param digest what its manifest must say: another store may have a version of the same name
   * @return empty when it is not there
   * @throws InputException when it cannot be read
   */
  static Optional<StoredVersion> read(Path store, String model, int number, String digest) {
    Path directory =
        store.resolve("models").resolve(model).resolve("versions").resolve("v" + number);
    Path file = directory.resolve("version.json");
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    JsonNode manifest = json(file);
    if (!digest.equals(manifest.path("digest").asText())) {
      return Optional.empty();
    }
    Path report = directory.resolve("report.json");
    Path facts = directory.resolve("facts.jsonl");
    boolean some = manifest.path("facts").path("count").asInt() > 0 && Files.exists(facts);
    return Optional.of(
        new StoredVersion(
            manifest,
            Files.exists(report) ? json(report) : MissingNode.getInstance(),
            some ? FactReader.read(facts, FactFormat.Jsonl).facts() : List.of()));
  }

  private static JsonNode json(Path file) {
    try {
      return JSON.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      throw new InputException(file + ": " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e + ")", e);
    }
  }
}
