package dev.errata.editing.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.errata.api.InputException;
import java.util.List;
import java.util.stream.Collectors;

/** The families that Errata knows. */
public final class Families {
  private static final List<Family> KNOWN =
      List.of(
          new Gpt2Family(),
          new LlamaFamily(),
          new MistralFamily(),
          new Qwen2Family(),
          new Qwen3Family(),
          new MixtralFamily(),
          new Qwen3MoeFamily(),
          new OlmoeFamily(),
          new Gemma2Family());

  private Families() {}

  /** The {@code model_type} of every known family. */
  public static List<String> names() {
    return KNOWN.stream().map(Family::modelType).sorted().toList();
  }

  /**
   * Finds the family of a configuration.
   *
   * @param file the file's name, for messages
   * @param config its {@code config.json}
   * @throws InputException when the family is unknown, with the list of known ones
   */
  public static Family of(String file, JsonNode config) {
    String type = config.path("model_type").asText("");
    return KNOWN.stream()
        .filter(family -> family.modelType().equals(type))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    file
                        + ": model_type '"
                        + type
                        + "' is not a family that Errata knows; known are "
                        + names().stream().collect(Collectors.joining(", "))));
  }
}
