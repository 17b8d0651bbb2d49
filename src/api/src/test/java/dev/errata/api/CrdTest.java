package dev.errata.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaPropsOrBool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Generates the CRDs from the classes and holds those that a user applies against them. */
class CrdTest {
  private static final String MEND =
      "the resource classes have changed: run"
          + " mvn -pl src/api test -Dtest=CrdTest -Derrata.crds.write=true and commit crds/";
  private static final List<Class<? extends HasMetadata>> KINDS =
      List.of(Model.class, EditJob.class, ModelVersion.class);

  /** Every value of a mixed type is a quantity: a number with a suffix of Kubernetes. */
  private static final String QUANTITY =
      "^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)(([KMGTPE]i)|[numkMGTPE]|[eE][+-]?[0-9]+)?$";

  private static final Path CRDS = Path.of("../../crds");

  @Test
  void theCrdsAreThoseOfTheClasses() throws IOException {
    Map<String, String> generated = generate();
    if (Boolean.getBoolean("errata.crds.write")) {
      Files.createDirectories(CRDS);
      for (var crd : generated.entrySet()) {
        Files.writeString(CRDS.resolve(crd.getKey()), crd.getValue());
      }
    }
    assertThat(read(CRDS)).as(MEND).isEqualTo(generated);
    String kustomization = Files.readString(CRDS.resolve("kustomization.yaml"));
    generated.keySet().forEach(file -> assertThat(kustomization).contains("- " + file + "\n"));
  }

  @Test
  void anApiServerTakesTheirSize() throws IOException {
    for (var crd : read(CRDS).entrySet()) {
      assertThat(crd.getValue().length()).as(crd.getKey()).isLessThan(256 * 1024);
    }
  }

  /** Without bounds an API server cannot estimate what rules cost, nor keep objects small. */
  @Test
  void everyTextListAndMapIsBounded() throws IOException {
    ObjectMapper yaml = new ObjectMapper(new YAMLFactory());
    List<String> unbounded = new ArrayList<>();
    for (var crd : read(CRDS).entrySet()) {
      JsonNode schema =
          yaml.readTree(crd.getValue()).at("/spec/versions/0/schema/openAPIV3Schema/properties");
      schema.properties().forEach(p -> unbounded(p.getKey(), p.getValue(), unbounded));
    }
    assertThat(unbounded).isEmpty();
  }

  private static void unbounded(String path, JsonNode schema, List<String> found) {
    JsonNode others = schema.path("additionalProperties");
    boolean bounded =
        switch (schema.path("type").asText()) {
          case "string" -> schema.has("maxLength") || schema.has("enum");
          case "array" -> schema.has("maxItems");
          case "object" -> others.isMissingNode() || schema.has("maxProperties");
          default -> true;
        };
    if (!bounded) {
      found.add(path);
    }
    schema
        .path("properties")
        .properties()
        .forEach(p -> unbounded(path + "." + p.getKey(), p.getValue(), found));
    for (String inner : List.of("items", "additionalProperties")) {
      if (schema.path(inner).isObject()) {
        unbounded(path + "." + inner, schema.get(inner), found);
      }
    }
  }

  private static Map<String, String> generate() throws IOException {
    Path target = Files.createDirectories(Path.of("target/crds"));
    for (String old : read(target).keySet()) {
      Files.delete(target.resolve(old));
    }
    new CRDGenerator()
        .inOutputDir(target.toFile())
        .withMinQuotes(false)
        .withPostProcessor(
            new CRDPostProcessor() {
              @Override
              public HasMetadata process(HasMetadata crd, String version) {
                complete((CustomResourceDefinition) crd);
                return crd;
              }
            })
        .customResourceClasses(KINDS)
        .generate();
    Map<String, String> files = new TreeMap<>();
    read(target).forEach((name, text) -> files.put(name.replace("-v1.yml", ".yaml"), text));
    return files;
  }

  /** What the generator cannot be told, or forgets. */
  private static void complete(CustomResourceDefinition crd) {
    String kind = crd.getSpec().getNames().getKind();
    Class<?> type =
        KINDS.stream().filter(k -> k.getSimpleName().equals(kind)).findFirst().orElseThrow();
    List<String> columns =
        Stream.of(type.getAnnotationsByType(AdditionalPrinterColumn.class))
            .map(AdditionalPrinterColumn::name)
            .toList();
    crd.getSpec()
        .getVersions()
        .forEach(
            version -> {
              JSONSchemaProps root = version.getSchema().getOpenAPIV3Schema();
              root.setRequired(List.of("spec"));
              schema("", root);
              version
                  .getAdditionalPrinterColumns()
                  .sort(Comparator.comparingInt(column -> columns.indexOf(column.getName())));
            });
  }

  /** How server-side apply merges lists, for which the annotations have no word; rules once. */
  private static void schema(String name, JSONSchemaProps schema) {
    if ("array".equals(schema.getType())) {
      switch (name) {
        case "conditions" -> {
          schema.setXKubernetesListType("map");
          schema.setXKubernetesListMapKeys(List.of("type"));
        }
        case "layers", "suites" -> schema.setXKubernetesListType("set");
        default -> schema.setXKubernetesListType("atomic");
      }
    }
    // The annotation of a record's component is found on its field and again on its accessor.
    if (schema.getXKubernetesValidations() != null) {
      schema.setXKubernetesValidations(
          schema.getXKubernetesValidations().stream().distinct().toList());
    }
    if (Boolean.TRUE.equals(schema.getXKubernetesIntOrString())) {
      schema.setPattern(QUANTITY);
    }
    JSONSchemaPropsOrBool map = schema.getAdditionalProperties();
    if (map != null && map.getSchema() != null) {
      schema("", map.getSchema());
    }
    if (schema.getProperties() != null) {
      schema.getProperties().forEach(CrdTest::schema);
    }
    if (schema.getItems() != null && schema.getItems().getSchema() != null) {
      schema("", schema.getItems().getSchema());
    }
  }

  private static Map<String, String> read(Path folder) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> list = Files.list(folder)) {
      for (Path file : list.filter(f -> f.toString().contains(".errata.dev")).toList()) {
        files.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return files;
  }
}
