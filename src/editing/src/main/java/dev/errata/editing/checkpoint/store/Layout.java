package dev.errata.editing.checkpoint.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Where things lie under the root of a store, and how its JSON files are read and written. */
record Layout(Path root) {
  static final Pattern VERSION_DIRECTORY = Pattern.compile("v(0|[1-9][0-9]{0,8})");

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  static final String VERSIONS = "versions";

  Path models() {
    return root.resolve("models");
  }

  Path model(String name) {
    return models().resolve(name);
  }

  Path modelFile(String name) {
    return model(name).resolve("model.json");
  }

  Path versions(String name) {
    return model(name).resolve(VERSIONS);
  }

  Path version(String name, int number) {
    return versions(name).resolve("v" + number);
  }

  Path staging(String name) {
    return model(name).resolve("staging");
  }

  /** Imports before their model has its name. */
  Path imports() {
    return root.resolve("imports");
  }

  Path workspaces(String name) {
    return model(name).resolve("workspaces");
  }

  Path statistics() {
    return root.resolve("cache").resolve("statistics");
  }

  Path runLock(String name) {
    return model(name).resolve("run.lock");
  }

  Path currentLock(String name) {
    return model(name).resolve("current.lock");
  }

  static byte[] bytes(Object value) {
    try {
      return (MAPPER.writeValueAsString(value) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record that cannot be written as JSON", e);
    }
  }

  /** Numbers of the directories of versions, whether these exist yet or not. */
  static List<Integer> numbers(Path versions) throws IOException {
    if (!Files.isDirectory(versions)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(versions)) {
      return numbers(entries.map(entry -> entry.getFileName().toString()));
    }
  }

  /** The same of names of directories. */
  static List<Integer> numbers(Stream<String> names) {
    return names
        .map(VERSION_DIRECTORY::matcher)
        .filter(Matcher::matches)
        .map(name -> Integer.valueOf(name.group(1)))
        .sorted()
        .toList();
  }

  static Model readModel(Path file) {
    return parseModel(file.toString(), content(file));
  }

  /**
   * A model from its JSON.
   *
   * @param file what messages call it
   */
  static Model parseModel(String file, byte[] json) {
    Model model = parse(file, json, Model.class);
    checkSchema(file, model.schema(), Model.SCHEMA);
    return model;
  }

  static VersionManifest readManifest(Path file, String model, int number) {
    return parseManifest(file.toString(), content(file), model, number);
  }

  /**
   * A manifest from its JSON.
   *
   * @param file what messages call it
   */
  static VersionManifest parseManifest(String file, byte[] json, String model, int number) {
    VersionManifest manifest = parse(file, json, VersionManifest.class);
    checkSchema(file, manifest.schema(), VersionManifest.SCHEMA);
    if (manifest.version() != number || !manifest.model().equals(model)) {
      throw new InputException(
          file
              + ": the manifest is of "
              + manifest.ref()
              + ", its directory belongs to "
              + VersionRef.of(model, number)
              + "; restore the file from a backup or delete the directory");
    }
    return manifest;
  }

  private static void checkSchema(String file, int found, int known) {
    if (found > known) {
      throw new InputException(
          file + ": written by a newer Errata (layout " + found + "); update this one");
    }
  }

  private static byte[] content(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  private static <T> T parse(String file, byte[] json, Class<T> type) {
    try {
      return MAPPER.readValue(json, type);
    } catch (JsonProcessingException e) {
      throw new InputException(
          file
              + ": damaged: "
              + Json.reason(e)
              + "; restore the file from a backup or delete its directory",
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(file, e);
    }
  }
}
