package dev.errata.editing.statistics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.InputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of one JSON object a line, whose field "text" is a document. */
final class JsonlDocuments implements Documents {
  static final String FIELD = "text";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final BufferedReader reader;
  private long line;

  JsonlDocuments(Path file) {
    this.file = file;
    try {
      this.reader = Files.newBufferedReader(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Piece next() throws IOException {
    for (String text = readLine(); text != null; text = readLine()) {
      line++;
      if (!text.isBlank()) {
        String document = document(text);
        if (!document.isBlank()) {
          return new Piece(document, true);
        }
      }
    }
    return null;
  }

  private String readLine() throws IOException {
    try {
      return reader.readLine();
    } catch (CharacterCodingException e) {
      throw new InputException(
          file + ": not UTF-8 in or behind line " + (line + 1) + "; save the file as UTF-8", e);
    }
  }

  private String document(String text) {
    try {
      JsonNode field = JSON.readTree(text).path(FIELD);
      if (field.isTextual()) {
        return field.textValue();
      }
      throw new InputException(
          file + ":" + line + ": no text in this line; expected {\"" + FIELD + "\": \"…\"}");
    } catch (JsonProcessingException e) {
      throw new InputException(
          file + ":" + line + ": not valid JSON: " + e.getOriginalMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
