package dev.errata.editing.checkpoint;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Strict JSON: a key given twice and text after the document are errors. */
public final class Json {
  /** The strict reader. */
  public static final JsonMapper STRICT =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  /**
   * Reads a file that holds one JSON object.
   *
   * @throws InputException when the file holds anything else; the message has line and column
   */
  public static ObjectNode object(Path file) {
    try {
      JsonNode node = STRICT.readTree(Files.readAllBytes(file));
      if (node instanceof ObjectNode object) {
        return object;
      }
      throw new InputException(file + ": expected a JSON object");
    } catch (JsonProcessingException e) {
      throw new InputException(file + ": not valid JSON: " + reason(e));
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  /** What is wrong and where, without Jackson's rendering of the source. */
  public static String reason(JsonProcessingException e) {
    JsonLocation location = e.getLocation();
    String what = e.getOriginalMessage();
    return location == null || location.getLineNr() < 1
        ? what
        : "line " + location.getLineNr() + ", column " + location.getColumnNr() + ": " + what;
  }
}
