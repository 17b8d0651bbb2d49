package dev.errata.lab.pretrain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.CheckpointWriter.NewTensor;
import dev.errata.editing.checkpoint.StorageFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The folder of an unfinished training. It holds one folder a kept step, each a whole checkpoint
 * with the optimiser's tensors and the recipe; a folder has its name only when it is complete.
 */
final class TrainingState {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RECIPE = "recipe.json";
  private static final String STEP = "step-";

  private final Path folder;

  /**
   * A kept step.
   *
   * @param steps how many were done
   * @param folder the checkpoint
   */
  record Kept(int steps, Path folder) {}

  TrainingState(Path folder) {
    this.folder = folder;
  }

  /** The folder itself. */
  Path folder() {
    return folder;
  }

  /** The latest kept step. */
  Optional<Kept> latest() {
    return kept().stream().max(Comparator.comparingInt(Kept::steps));
  }

  private List<Kept> kept() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(entry -> entry.getFileName().toString().matches(STEP + "\\d{1,9}"))
          .map(
              entry ->
                  new Kept(
                      Integer.parseInt(entry.getFileName().toString().substring(STEP.length())),
                      entry))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Compares recipes.
   *
   * @throws InputException when the unfinished training follows another recipe
   */
  void requireSame(Recipe recipe, Kept kept) {
    try {
      Map<String, Object> there =
          flat("", JSON.readTree(Files.readAllBytes(kept.folder().resolve(RECIPE))));
      Map<String, Object> here = flat("", JSON.readTree(bytes(recipe)));
      List<String> differences =
          here.keySet().stream()
              .filter(field -> !here.get(field).equals(there.get(field)))
              .map(field -> field + " was " + there.get(field) + " and is " + here.get(field))
              .toList();
      if (!differences.isEmpty()) {
        throw new InputException(
            folder
                + ": this training began with another recipe ("
                + String.join("; ", differences)
                + "); give the same options, or delete the folder to begin anew");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, Object> flat(String prefix, JsonNode node) {
    Map<String, Object> flat = new TreeMap<>();
    node.properties()
        .forEach(
            field -> {
              String name = prefix + field.getKey();
              if (field.getValue().isObject()) {
                flat.putAll(flat(name + ".", field.getValue()));
              } else {
                flat.put(name, field.getValue().asText());
              }
            });
    return flat;
  }

  /** Keeps a step and drops those before it. */
  Kept keep(Recipe recipe, int steps, Map<String, NewTensor> tensors, Map<String, byte[]> files) {
    Map<String, byte[]> all = new TreeMap<>(files);
    all.put(RECIPE, bytes(recipe));
    Kept fresh = new Kept(steps, folder.resolve(STEP + "%06d".formatted(steps)));
    CheckpointWriter.create(
        fresh.folder(),
        FamilyFiles.config(recipe.shape(), recipe.experts()),
        tensors,
        all,
        CheckpointWriter.DEFAULT_SHARD_BYTES);
    try {
      for (Kept old : kept()) {
        if (old.steps() < steps) {
          StorageFiles.deleteTree(old.folder());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return fresh;
  }

  private static byte[] bytes(Recipe recipe) {
    try {
      return JSON.writeValueAsBytes(recipe);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes the folder. */
  void delete() {
    try {
      StorageFiles.deleteTree(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
