package dev.errata.editing.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.StorageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What the stages of one job have finished. An entry is a JSON document and, where there is need,
 * tensors in a folder beside it; it names the digest of what it was made from and is there as a
 * whole or not at all. An entry made from something else, or damaged, counts as absent.
 */
final class Workspace {
  static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static final String INPUTS = "inputs";
  private static final String CONTENT = "content";
  private static final String TENSORS = "tensors";

  private final Path directory;
  private String inputs;

  /**
   * Opens.
   *
   * @param directory the job's own
   * @param jobDigest digest of all that determines its result
   */
  Workspace(Path directory, String jobDigest) {
    this.directory = directory;
    this.inputs = jobDigest;
  }

  /**
   * The content of an entry, when it was made from what the stages before it have made.
   *
   * @param type of the content
   */
  <T> Optional<T> read(String entry, Class<T> type) {
    Path file = directory.resolve(entry + ".json");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      JsonNode node = JSON.readTree(Files.readAllBytes(file));
      if (!node.path(INPUTS).asText().equals(inputs) || !tensorsMatch(entry, node)) {
        return Optional.empty();
      }
      T content = JSON.treeToValue(node.get(CONTENT), type);
      follow(entry, node);
      return Optional.ofNullable(content);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  private boolean tensorsMatch(String entry, JsonNode node) {
    String wanted = node.path(TENSORS).asText();
    if (wanted.isEmpty()) {
      return true;
    }
    try (Checkpoint tensors = Checkpoint.open(tensorFolder(entry))) {
      return tensors.digest().equals(wanted);
    } catch (InputException e) {
      return false;
    }
  }

  /** Keeps an entry without tensors. */
  void write(String entry, Object content) {
    write(entry, content, Map.of());
  }

  /** Keeps an entry: tensors first, the document that makes it exist last. */
  void write(String entry, Object content, Map<String, CheckpointWriter.NewTensor> tensors) {
    Path file = directory.resolve(entry + ".json");
    try {
      Files.deleteIfExists(file);
      ObjectNode node = JsonNodeFactory.instance.objectNode();
      node.put(INPUTS, inputs);
      if (!tensors.isEmpty()) {
        node.put(TENSORS, writeTensors(entry, tensors));
      }
      node.set(CONTENT, JSON.valueToTree(content));
      StorageFiles.write(file, JSON.writeValueAsBytes(node));
      follow(entry, node);
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  private String writeTensors(String entry, Map<String, CheckpointWriter.NewTensor> tensors)
      throws IOException {
    Path folder = tensorFolder(entry);
    StorageFiles.deleteTree(folder);
    CheckpointWriter.create(
        folder,
        JsonNodeFactory.instance.objectNode(),
        tensors,
        Map.of(),
        CheckpointWriter.DEFAULT_SHARD_BYTES);
    try (Checkpoint written = Checkpoint.open(folder)) {
      return written.digest();
    }
  }

  /** What comes next is made from this entry too. */
  private void follow(String entry, JsonNode node) {
    inputs = new Sha256().line(inputs).line(entry).line(node.toString()).hex();
  }

  /** The tensors of an entry; the caller closes them. */
  Checkpoint tensors(String entry) {
    return Checkpoint.open(tensorFolder(entry));
  }

  private Path tensorFolder(String entry) {
    return directory.resolve(entry);
  }

  /** Deletes the workspace: its job is done. */
  void delete() {
    try {
      StorageFiles.deleteTree(directory);
    } catch (IOException e) {
      throw IoProblems.of(directory, e);
    }
  }
}
