package dev.errata.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.Resources;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.StreamSupport;

/**
 * A custom resource definition as a user applies it.
 *
 * @param kind the kind it defines
 * @param schema its {@code openAPIV3Schema} for {@link Resources#VERSION}, with the schema of
 *     {@code metadata} that the API server adds
 */
record Crd(String kind, ObjectNode schema) {
  private static final ConcurrentMap<String, Crd> LOADED = new ConcurrentHashMap<>();

  /** The CRD of a plural name, from {@code crds/} on the class path. */
  static Crd load(String plural) {
    return LOADED.computeIfAbsent(plural, Crd::read);
  }

  private static Crd read(String plural) {
    String file = "/crds/" + plural + "." + Resources.GROUP + ".yaml";
    try (InputStream in = Crd.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException(file + " is not on the class path; build src/api again");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return of(YamlDocuments.read(text, file).get(0).node());
    } catch (IOException e) {
      throw new UncheckedIOException(file, e);
    }
  }

  /** From the content of a CRD. */
  static Crd of(JsonNode crd) {
    JsonNode versions = crd.at("/spec/versions");
    JsonNode version =
        StreamSupport.stream(versions.spliterator(), false)
            .filter(v -> v.path("name").asText().equals(Resources.VERSION))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no version " + Resources.VERSION));
    ObjectNode schema = version.at("/schema/openAPIV3Schema").deepCopy();
    ObjectNode properties = schema.withObject("/properties");
    properties.putObject("apiVersion").put("type", "string");
    properties.putObject("kind").put("type", "string");
    properties.set("metadata", metadata());
    return new Crd(crd.at("/spec/names/kind").asText(), schema);
  }

  private static ObjectNode metadata() {
    ObjectNode metadata = JsonNodeFactory.instance.objectNode();
    metadata.put("type", "object");
    ObjectNode properties = metadata.putObject("properties");
    for (String text :
        List.of(
            "name",
            "generateName",
            "namespace",
            "selfLink",
            "uid",
            "resourceVersion",
            "creationTimestamp",
            "deletionTimestamp")) {
      properties.putObject(text).put("type", "string");
    }
    for (String number : List.of("generation", "deletionGracePeriodSeconds")) {
      properties.putObject(number).put("type", "integer");
    }
    for (String map : List.of("labels", "annotations")) {
      properties
          .putObject(map)
          .put("type", "object")
          .putObject("additionalProperties")
          .put("type", "string");
    }
    properties
        .putObject("finalizers")
        .put("type", "array")
        .putObject("items")
        .put("type", "string");
    for (String list : List.of("ownerReferences", "managedFields")) {
      properties
          .putObject(list)
          .put("type", "array")
          .putObject("items")
          .put("type", "object")
          .put("x-kubernetes-preserve-unknown-fields", true);
    }
    return metadata;
  }
}
