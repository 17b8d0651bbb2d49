package dev.errata.editing.checkpoint;

import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A Merkle digest of a checkpoint: SHA-256 of each tensor (type, shape, bytes) and of each other
 * file, and a root over both lists in order of name.
 *
 * @param root the content address, {@code sha256:…}
 * @param tensors hexadecimal SHA-256 by tensor name
 * @param files hexadecimal SHA-256 by path, with {@code /} between its parts
 */
public record ContentDigest(
    String root, SortedMap<String, String> tensors, SortedMap<String, String> files) {
  public ContentDigest {
    tensors = Collections.unmodifiableSortedMap(new TreeMap<>(tensors));
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
  }

  /**
   * Digests a checkpoint.
   *
   * @param known tensor digests that need not be computed again
   */
  public static ContentDigest of(Checkpoint checkpoint, Map<String, String> known) {
    SortedMap<String, String> tensors = new TreeMap<>();
    for (String name : checkpoint.tensorNames()) {
      String digest = known.get(name);
      tensors.put(name, digest != null ? digest : ofTensor(checkpoint, name));
    }
    SortedMap<String, String> files = new TreeMap<>();
    for (Path other : checkpoint.otherFiles()) {
      files.put(portable(other), Sha256.ofFile(checkpoint.directory().resolve(other)));
    }
    return of(tensors, files);
  }

  /** The digest over digests that are already known. */
  public static ContentDigest of(
      SortedMap<String, String> tensors, SortedMap<String, String> files) {
    Sha256 root = new Sha256();
    tensors.forEach((name, digest) -> root.line("tensor").line(name).line(digest));
    files.forEach((name, digest) -> root.line("file").line(name).line(digest));
    return new ContentDigest("sha256:" + root.hex(), tensors, files);
  }

  static String ofTensor(Checkpoint checkpoint, String name) {
    TensorInfo tensor = checkpoint.tensor(name);
    Sha256 sha = new Sha256().line(tensor.dtype().name()).line(tensor.shape().toString());
    checkpoint.scan(
        name,
        (from, bytes) -> {
          sha.bytes(bytes);
          return true;
        });
    return sha.hex();
  }

  /** A relative path with {@code /} between its parts on every system. */
  public static String portable(Path relative) {
    StringBuilder name = new StringBuilder();
    relative.forEach(part -> name.append(name.isEmpty() ? "" : "/").append(part));
    return name.toString();
  }
}
