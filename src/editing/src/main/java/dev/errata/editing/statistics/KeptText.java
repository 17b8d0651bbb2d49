package dev.errata.editing.statistics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.StorageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Batches of sampled rows on disk, one file each, so that a killed run does not sample them again.
 * A file that is not what was written counts as absent.
 */
final class KeptText {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ROWS = "rows";
  private static final String DIGEST = "sha256";

  private final Path directory;

  /** Batches in a folder that belongs to one text of one model. */
  KeptText(Path directory) {
    this.directory = directory;
  }

  /** The rows of a batch; empty when they are not there. */
  List<int[]> read(int batch) {
    Path file = file(batch);
    List<int[]> rows = new ArrayList<>();
    if (!Files.exists(file)) {
      return rows;
    }
    try {
      JsonNode node = JSON.readTree(Files.readAllBytes(file));
      if (Sha256.ofText(node.path(ROWS).toString()).equals(node.path(DIGEST).asText())) {
        for (JsonNode row : node.path(ROWS)) {
          rows.add(JSON.treeToValue(row, int[].class));
        }
      }
      return rows;
    } catch (JsonProcessingException e) {
      // Half a file or another's: the rows are sampled again.
      return List.of();
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  /** Keeps the rows of a batch. */
  void write(int batch, List<int[]> rows) {
    Path file = file(batch);
    ObjectNode node = JSON.createObjectNode();
    node.set(ROWS, JSON.valueToTree(rows));
    node.put(DIGEST, Sha256.ofText(node.path(ROWS).toString()));
    try {
      Files.createDirectories(directory);
      StorageFiles.write(file, node.toString());
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  private Path file(int batch) {
    return directory.resolve(String.format(Locale.ROOT, "batch-%05d.json", batch));
  }
}
