package dev.errata.editing.statistics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.InputException;
import dev.errata.api.Utf8Reader;
import dev.errata.editing.checkpoint.IoProblems;
import java.io.BufferedReader;
import java.io.IOException;
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
      this.reader = new BufferedReader(new Utf8Reader(Files.newInputStream(file)));
    } catch (IOException e) {
      throw IoProblems.of(file, e);
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
    } catch (Utf8Reader.Malformed e) {
      throw new InputException(file + ":" + e.line() + ": " + e.getMessage(), e);
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
