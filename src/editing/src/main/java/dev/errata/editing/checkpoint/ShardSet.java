package dev.errata.editing.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The safetensors files of a checkpoint directory.
 *
 * @param files headers by file name
 * @param tensors all tensors by name
 * @param index name of the index file, when the checkpoint is sharded
 */
record ShardSet(
    Map<String, Safetensors> files, Map<String, TensorInfo> tensors, Optional<String> index) {
  static final String SINGLE = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";

  ShardSet {
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /** Reads all headers; a single file wins over an index, as in transformers. */
  static ShardSet read(Path directory) {
    if (Files.exists(directory.resolve(SINGLE))) {
      Safetensors file = Safetensors.read(directory.resolve(SINGLE));
      return new ShardSet(Map.of(SINGLE, file), file.tensors(), Optional.empty());
    }
    Path index = directory.resolve(INDEX);
    if (Files.exists(index)) {
      return readSharded(directory, index);
    }
    throw noSafetensors(directory);
  }

  private static ShardSet readSharded(Path directory, Path index) {
    JsonNode weightMap = Json.object(index).path("weight_map");
    if (!(weightMap instanceof ObjectNode) || weightMap.isEmpty()) {
      throw new InputException(
          index + ": weight_map is missing or empty; it names each tensor's file");
    }
    List<String> problems = new ArrayList<>();
    Map<String, TreeSet<String>> namesOfFile = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
      String file = entry.getValue().asText("");
      if (isPlainName(file)) {
        namesOfFile.computeIfAbsent(file, name -> new TreeSet<>()).add(entry.getKey());
      } else {
        problems.add(
            "weight_map.'" + entry.getKey() + "': " + entry.getValue() + " is not a file name");
      }
    }
    Map<String, Safetensors> files = new LinkedHashMap<>();
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    namesOfFile.forEach(
        (name, indexed) -> {
          if (!Files.isRegularFile(directory.resolve(name))) {
            problems.add(
                "the shard " + name + " with " + indexed.size() + " tensors is missing; fetch it");
            return;
          }
          Safetensors file = Safetensors.read(directory.resolve(name));
          files.put(name, file);
          for (String tensor : indexed) {
            if (!file.tensors().containsKey(tensor)) {
              problems.add("tensor '" + tensor + "' is not in " + name);
            }
          }
          for (TensorInfo tensor : file.tensors().values()) {
            TensorInfo other = tensors.putIfAbsent(tensor.name(), tensor);
            if (other != null) {
              problems.add(
                  "tensor '" + tensor.name() + "' is in both " + other.file() + " and " + name);
            } else if (!weightMap.has(tensor.name())) {
              problems.add("tensor '" + tensor.name() + "' of " + name + " is not in the index");
            }
          }
        });
    if (!problems.isEmpty()) {
      throw InputProblems.of(index + ": index and shards disagree", problems);
    }
    return new ShardSet(files, tensors, Optional.of(INDEX));
  }

  private static boolean isPlainName(String file) {
    return file.endsWith(".safetensors")
        && file.indexOf('/') < 0
        && file.indexOf('\\') < 0
        && file.indexOf('\0') < 0;
  }

  private static InputException noSafetensors(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      List<String> names = files.map(file -> file.getFileName().toString()).sorted().toList();
      Optional<String> pickle = names.stream().filter(CheckpointFiles::isPickle).findFirst();
      if (pickle.isPresent()) {
        return new InputException(
            directory.resolve(pickle.get())
                + ": a pickle is refused, since loading one runs whatever code it carries; convert"
                + " the checkpoint with transformers:"
                + " AutoModelForCausalLM.from_pretrained(…).save_pretrained(…,"
                + " safe_serialization=True)");
      }
      Optional<String> other = names.stream().filter(CheckpointFiles::isForeignWeights).findFirst();
      if (other.isPresent()) {
        return new InputException(
            directory.resolve(other.get())
                + ": weights in this format are not read; convert the checkpoint to safetensors");
      }
      Optional<String> shard = names.stream().filter(n -> n.endsWith(".safetensors")).findFirst();
      if (shard.isPresent()) {
        return new InputException(
            directory
                + ": there is "
                + shard.get()
                + " but neither model.safetensors nor model.safetensors.index.json; fetch the"
                + " index or rename a single file to model.safetensors");
      }
    } catch (IOException e) {
      throw IoProblems.of(directory, e);
    }
    return new InputException(
        directory
            + ": not a Hugging Face checkpoint: no model.safetensors and no"
            + " model.safetensors.index.json");
  }
}
