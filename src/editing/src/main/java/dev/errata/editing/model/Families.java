package dev.errata.editing.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.errata.api.InputException;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** The families that Errata knows: every {@link Family} that is announced as a service. */
public final class Families {
  private static final List<Family> KNOWN =
      ServiceLoader.load(Family.class, Family.class.getClassLoader()).stream()
          .map(ServiceLoader.Provider::get)
          .toList();

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
