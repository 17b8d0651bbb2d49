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
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What the stages of one job have finished. An entry is a JSON document and, where there is need,
 * tensors in a folder beside it; it names the digest of what it was made from and is there as a
 * whole or not at all. An entry made from something else counts as absent; so does a spoilt one,
 * which is told from the others by its digest and is made again.
 *
 * <p>Entries follow each other: each is made from all before it. The shards of an entry are made
 * from the entries before it only, in any order, by anyone.
 */
final class Workspace {
  static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static final String INPUTS = "inputs";
  private static final String CONTENT = "content";
  private static final String TENSORS = "tensors";
  private static final String DIGEST = "sha256";

  private final Path directory;
  private final Consumer<String> notes;
  private String inputs;

  /**
   * Opens.
   *
   * @param directory the job's own
   * @param jobDigest digest of all that determines its result
   * @param notes hears of spoilt entries
   */
  Workspace(Path directory, String jobDigest, Consumer<String> notes) {
    this.directory = directory;
    this.inputs = jobDigest;
    this.notes = notes;
  }

  /**
   * The content of an entry, when it was made from what the stages before it have made.
   *
   * @param type of the content
   */
  <T> Optional<T> read(String entry, Class<T> type) {
    Optional<JsonNode> node = document(entry);
    Optional<T> content = node.flatMap(n -> content(entry, n, type));
    content.ifPresent(c -> follow(entry, node.orElseThrow().path(DIGEST).asText()));
    return content;
  }

  /** The content of an entry that what comes next is not, or not yet, made from. */
  <T> Optional<T> look(String entry, Class<T> type) {
    return document(entry).flatMap(node -> content(entry, node, type));
  }

  /** The content of a shard of an entry that is not there yet. */
  <T> Optional<T> readShard(String entry, int number, Class<T> type) {
    String name = shard(entry, number);
    return document(name).flatMap(node -> content(name, node, type));
  }

  /** Whether there is an entry of this name, whatever it was made from. */
  boolean has(String entry) {
    return Files.exists(file(entry));
  }

  /** The document of an entry, when it is whole and was made from what there is. */
  private Optional<JsonNode> document(String entry) {
    Path file = file(entry);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      JsonNode node = JSON.readTree(Files.readAllBytes(file));
      if (node.path(DIGEST).asText().equals(digest(node)) && tensorsMatch(entry, node)) {
        return node.path(INPUTS).asText().equals(inputs) ? Optional.of(node) : Optional.empty();
      }
    } catch (JsonProcessingException e) {
      // Told below, as every other damage.
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
    notes.accept(file + " is spoilt and made again");
    return Optional.empty();
  }

  private <T> Optional<T> content(String entry, JsonNode node, Class<T> type) {
    try {
      return Optional.ofNullable(JSON.treeToValue(node.get(CONTENT), type));
    } catch (JsonProcessingException e) {
      notes.accept(file(entry) + " was written by another Errata and is made again");
      return Optional.empty();
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
    follow(entry, put(entry, content, tensors));
  }

  /** Keeps a shard of an entry. */
  void writeShard(
      String entry, int number, Object content, Map<String, CheckpointWriter.NewTensor> tensors) {
    put(shard(entry, number), content, tensors);
  }

  /** Ends an entry of which all shards are there: what comes next is made from them too. */
  void join(String entry, int shards) {
    Sha256 all = new Sha256();
    for (int i = 0; i < shards; i++) {
      String name = shard(entry, i);
      all.line(
          document(name)
              .orElseThrow(() -> new IllegalStateException("shard " + name + " is not there"))
              .path(DIGEST)
              .asText());
    }
    follow(entry, all.hex());
  }

  /** Writes an entry's files and gives its digest. */
  private String put(
      String entry, Object content, Map<String, CheckpointWriter.NewTensor> tensors) {
    Path file = file(entry);
    try {
      Files.deleteIfExists(file);
      ObjectNode node = JsonNodeFactory.instance.objectNode();
      node.put(INPUTS, inputs);
      if (!tensors.isEmpty()) {
        node.put(TENSORS, writeTensors(entry, tensors));
      }
      node.set(CONTENT, JSON.readTree(JSON.writeValueAsBytes(content)));
      String digest = digest(node);
      node.put(DIGEST, digest);
      StorageFiles.write(file, JSON.writeValueAsBytes(node));
      return digest;
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  private static String digest(JsonNode document) {
    Sha256 sha = new Sha256().line(document.path(INPUTS).asText());
    sha.line(document.path(TENSORS).asText());
    return sha.line(document.path(CONTENT).toString()).hex();
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
  private void follow(String entry, String digest) {
    inputs = new Sha256().line(inputs).line(entry).line(digest).hex();
  }

  /** The tensors of an entry; the caller closes them. */
  Checkpoint tensors(String entry) {
    return Checkpoint.open(tensorFolder(entry));
  }

  /** The tensors of a shard; the caller closes them. */
  Checkpoint shardTensors(String entry, int number) {
    return tensors(shard(entry, number));
  }

  private static String shard(String entry, int number) {
    return String.format(Locale.ROOT, "%s-shard-%05d", entry, number);
  }

  /** Names all that was read and written so far: what comes next is made from it. */
  String basis() {
    return inputs;
  }

  /** A folder for what stages keep in a form of their own; it goes with the workspace. */
  Path folder(String name) {
    return directory.resolve(name);
  }

  private Path file(String entry) {
    return directory.resolve(entry + ".json");
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
