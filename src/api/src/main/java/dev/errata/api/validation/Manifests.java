package dev.errata.api.validation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import dev.errata.api.Problems;
import dev.errata.api.Resources;
import dev.errata.api.Text;
import dev.errata.api.Utf8Reader;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the manifests that {@code kubectl apply} takes: {@code Model} and {@code EditJob}, and
 * {@code ConfigMap}, which a job can name as the source of its facts.
 */
public final class Manifests {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String name;
  private final Problems problems = new Problems();
  private final Map<String, Integer> seen = new HashMap<>();

  private Manifests(String name) {
    this.name = name;
  }

  /**
   * Reads all documents of a file, with the defaults of the CRDs filled in.
   *
   * @return in the order of the file: {@link dev.errata.api.Model}, {@link dev.errata.api.EditJob},
   *     {@link ConfigMap}
   * @throws InputException with everything that the API server would refuse
   */
  public static List<HasMetadata> read(Path file) {
    StringWriter text = new StringWriter();
    try (Utf8Reader reader = new Utf8Reader(Files.newInputStream(file))) {
      reader.transferTo(text);
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": no such file; give the path of a manifest", e);
    } catch (Utf8Reader.Malformed e) {
      throw new InputException(file + ":" + e.line() + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new InputException(
          file + ": cannot be read (" + e + "); give the path of a readable manifest", e);
    }
    return read(text.toString(), file.toString());
  }

  /**
   * Reads all documents of a text.
   *
   * @param name what messages call it
   * @throws InputException with everything that the API server would refuse
   */
  public static List<HasMetadata> read(String text, String name) {
    return new Manifests(name).resources(YamlDocuments.read(text, name));
  }

  private List<HasMetadata> resources(List<YamlDocuments.Document> documents) {
    List<HasMetadata> resources = new ArrayList<>();
    for (YamlDocuments.Document document : documents) {
      HasMetadata resource = resource(document);
      if (resource != null) {
        resources.add(resource);
      }
    }
    if (documents.isEmpty()) {
      problems.add(name + ": holds no resource; write an EditJob");
    }
    problems.throwIfAny();
    return resources;
  }

  private HasMetadata resource(YamlDocuments.Document document) {
    if (!(document.node() instanceof ObjectNode node)) {
      problem(document, "", "", "must be a mapping with apiVersion, kind, metadata and spec");
      return null;
    }
    String version = node.path("apiVersion").asText();
    String kind = node.path("kind").asText();
    String title = title(kind, node.path("metadata").path("name").asText());
    if (version.isEmpty() || kind.isEmpty()) {
      String missing = version.isEmpty() ? "apiVersion" : "kind";
      problem(
          document,
          title,
          missing,
          "Required value; write apiVersion: "
              + Resources.API_VERSION
              + " and kind: EditJob or Model");
      return null;
    }
    int before = problems.count();
    HasMetadata resource;
    if (version.equals("v1") && kind.equals("ConfigMap")) {
      resource = configMap(document, node, title);
    } else {
      resource = custom(document, node, title, version, kind);
    }
    String key = title + " " + node.path("metadata").path("namespace").asText();
    int line = document.line("kind");
    Integer earlier = seen.putIfAbsent(key, line);
    if (earlier != null) {
      problem(document, title, "", "is there already at line " + earlier + "; rename one");
    }
    return problems.count() == before ? resource : null;
  }

  private HasMetadata custom(
      YamlDocuments.Document document, ObjectNode node, String title, String version, String kind) {
    Validation validation = Validation.of(kind).orElse(null);
    if (validation == null || !version.equals(Resources.API_VERSION)) {
      List<String> known = new ArrayList<>(Validation.kinds());
      known.add("ConfigMap");
      String hint = validation == null ? Text.didYouMean(kind, known) : "";
      problem(
          document,
          title,
          "",
          String.format(
              "no matches for kind \"%s\" in version \"%s\"%s%s",
              kind,
              version,
              hint,
              "; Errata reads EditJob and Model of "
                  + Resources.API_VERSION
                  + " and ConfigMap of v1"));
      return null;
    }
    List<Finding> findings = validation.check(node);
    findings.stream()
        .sorted(Comparator.comparingInt(f -> document.line(f.path())))
        .forEach(f -> problem(document, title, f.path(), f.message()));
    return findings.isEmpty() ? convert(document, node, title, validation.type()) : null;
  }

  private ConfigMap configMap(YamlDocuments.Document document, ObjectNode node, String title) {
    Validation.name(node.path("metadata"))
        .forEach(f -> problem(document, title, f.path(), f.message()));
    for (String field : List.of("data", "binaryData")) {
      for (var entry : node.path(field).properties()) {
        if (!entry.getValue().isTextual()) {
          problem(
              document,
              title,
              Finding.child(field, entry.getKey()),
              "must be a text, is "
                  + Text.clip(entry.getValue().toString())
                  + "; put it in quotes");
          return null;
        }
      }
    }
    ConfigMap map = convert(document, node, title, ConfigMap.class);
    if (map != null) {
      List<String> known = List.of("data", "binaryData", "immutable", "metadata");
      for (String field : map.getAdditionalProperties().keySet()) {
        problem(document, title, field, "unknown field" + Text.didYouMean(field, known));
      }
    }
    return map;
  }

  private <T> T convert(
      YamlDocuments.Document document, JsonNode node, String title, Class<T> type) {
    try {
      return JSON.treeToValue(node, type);
    } catch (JsonProcessingException e) {
      String path = "";
      if (e instanceof JsonMappingException mapping) {
        for (JsonMappingException.Reference at : mapping.getPath()) {
          path =
              at.getFieldName() == null
                  ? Finding.item(path, at.getIndex())
                  : Finding.child(path, at.getFieldName());
        }
      }
      problem(document, title, path, "Invalid value: " + e.getOriginalMessage());
      return null;
    }
  }

  private static String title(String kind, String name) {
    return kind.isEmpty() ? "" : name.isEmpty() ? kind : kind + " \"" + name + "\"";
  }

  private void problem(YamlDocuments.Document document, String title, String path, String message) {
    problems.add(
        name
            + ":"
            + document.line(path)
            + ": "
            + (title.isEmpty() ? "" : title + ": ")
            + (path.isEmpty() ? "" : path + ": ")
            + message);
  }
}
