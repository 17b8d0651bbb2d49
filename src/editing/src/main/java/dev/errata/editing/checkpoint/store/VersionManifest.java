package dev.errata.editing.checkpoint.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What {@code version.json} says of a version. The file is the last of a version to be written and
 * never changes: a version exists when its manifest does.
 *
 * @param schema number of the file's layout
 * @param model name of the model
 * @param version number within the model, 0 for the imported base
 * @param parent number of the version it was made from; null for version 0
 * @param parentDigest content address of that version; null for version 0
 * @param state whether it passed its gates
 * @param reason why it was rejected; null when it was not
 * @param digest content address of the checkpoint, see {@link
 *     dev.errata.editing.checkpoint.Checkpoint#digest()}
 * @param facts what was written into it; null for version 0
 * @param method name of the edit method; null for version 0
 * @param settings the method's settings in full; null for version 0
 * @param seed seed of the job; null for version 0
 * @param jobDigest digest of everything that determines the result; null for version 0
 * @param metrics what was measured; null for version 0
 * @param changed tensors that differ from the parent's
 * @param createdAt ISO 8601 in UTC
 * @param files every file of the version but this one
 * @param tensors SHA-256 of each tensor, by name
 */
public record VersionManifest(
    int schema,
    String model,
    int version,
    Integer parent,
    String parentDigest,
    State state,
    String reason,
    String digest,
    FactsInfo facts,
    String method,
    JsonNode settings,
    Long seed,
    String jobDigest,
    JsonNode metrics,
    List<TensorChange> changed,
    String createdAt,
    List<StoredFile> files,
    SortedMap<String, String> tensors) {
  static final int SCHEMA = 1;

  /** Whether a version may be served. */
  public enum State {
    /** It passed every gate. */
    Published,
    /** It missed a gate; kept for inspection, never promoted by itself. */
    Rejected
  }

  /**
   * The facts of a version.
   *
   * @param count how many
   * @param digest SHA-256 of {@code facts.jsonl}, {@code sha256:…}
   */
  public record FactsInfo(int count, String digest) {}

  /**
   * A file of a version.
   *
   * @param path relative to the version's directory, with {@code /} between its parts
   * @param size in bytes
   * @param sha256 hexadecimal
   */
  public record StoredFile(String path, long size, String sha256) {
    public StoredFile {
      Objects.requireNonNull(path, "files[].path is missing");
      Objects.requireNonNull(sha256, "files[].sha256 is missing");
    }
  }

  public VersionManifest {
    Objects.requireNonNull(model, "model is missing");
    Objects.requireNonNull(state, "state is missing");
    Objects.requireNonNull(digest, "digest is missing");
    Objects.requireNonNull(createdAt, "createdAt is missing");
    Objects.requireNonNull(changed, "changed is missing");
    Objects.requireNonNull(files, "files is missing");
    Objects.requireNonNull(tensors, "tensors is missing");
    changed = List.copyOf(changed);
    files = List.copyOf(files);
    tensors = Collections.unmodifiableSortedMap(new TreeMap<>(tensors));
  }

  /** The version's name, {@code NAME@vN}. */
  public String ref() {
    return VersionRef.of(model, version).toString();
  }
}
