package dev.errata.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.errata.operator.registry.RegistrySettings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Writes {@code docs/reference/configuration.md} and holds the committed one to chart and code. */
class ConfigurationReferenceTest {
  private static final String MEND =
      "the reference is behind the code: run mvn -pl operator -am test"
          + " -Dtest=ConfigurationReferenceTest -Dsurefire.failIfNoSpecifiedTests=false"
          + " -Derrata.docs.write=true and commit docs/";
  private static final Path FILE = Path.of("../docs/reference/configuration.md");
  private static final Path CHART = Path.of("../deploy/chart");
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  @Test
  void theConfigurationIsDescribedAsItIs() throws IOException {
    StringBuilder text =
        new StringBuilder(
            """
            # Configuration

            Generated from the chart and the code.

            ## Values of the chart

            | value | type | default | what it is |
            |---|---|---|---|
            """);
    values(text);
    text.append(
        """

        ## Settings of the operator

        The chart sets them by the values above. Each is a variable of the operator's environment, or a property: \
        `ERRATA_WORKER_IMAGE` is `errata.worker.image`. Beside them every setting of Quarkus may be given, such as \
        `QUARKUS_LOG_LEVEL`.

        | variable | type | default | what it is |
        |---|---|---|---|
        """);
    settings(OperatorSettings.class, text);
    settings(RegistrySettings.class, text);
    if (Boolean.getBoolean("errata.docs.write")) {
      Files.writeString(FILE, text);
    }
    assertThat(FILE).as(MEND).hasContent(text.toString());
  }

  /** Values with the comments above them. */
  private static void values(StringBuilder text) throws IOException {
    JsonNode schema = YAML.readTree(CHART.resolve("values.schema.json").toFile());
    JsonNode defaults = YAML.readTree(CHART.resolve("values.yaml").toFile());
    Map<String, String> comments = comments(Files.readAllLines(CHART.resolve("values.yaml")));
    row("", schema, defaults, comments, text);
  }

  private static void row(
      String path,
      JsonNode schema,
      JsonNode defaults,
      Map<String, String> comments,
      StringBuilder text) {
    schema
        .path("properties")
        .properties()
        .forEach(
            property -> {
              String name = path.isEmpty() ? property.getKey() : path + "." + property.getKey();
              JsonNode field = property.getValue();
              JsonNode value = defaults.path(property.getKey());
              if (field.path("properties").isObject()) {
                if (comments.containsKey(name)) {
                  text.append("| `" + name + "` | | | " + cell(comments.get(name)) + " |\n");
                }
                row(name, field, value, comments, text);
              } else if (!value.isMissingNode()) {
                text.append("| `" + name + "` | " + type(field) + " | `" + cell(value.toString()))
                    .append("` | " + cell(comments.getOrDefault(name, "")) + " |\n");
              }
            });
  }

  private static String type(JsonNode field) {
    if (field.has("enum")) {
      StringJoiner values = new StringJoiner(", ");
      field.get("enum").forEach(value -> values.add("`" + value + "`"));
      return values.toString();
    }
    JsonNode type = field.path("type");
    StringJoiner types = new StringJoiner(" or ");
    if (type.isArray()) {
      type.forEach(one -> types.add(one.asText()));
    } else {
      types.add(type.asText().equals("array") ? "list" : type.asText());
    }
    return types.toString();
  }

  private static Map<String, String> comments(List<String> lines) {
    Map<String, String> comments = new LinkedHashMap<>();
    List<String> path = new ArrayList<>();
    StringBuilder comment = new StringBuilder();
    Pattern key = Pattern.compile("^( *)([A-Za-z][A-Za-z0-9]*):.*");
    for (String line : lines) {
      Matcher found = key.matcher(line);
      if (line.strip().startsWith("#")) {
        comment.append(line.strip().substring(1).strip()).append(' ');
      } else if (found.matches()) {
        int depth = found.group(1).length() / 2;
        path.subList(Math.min(depth, path.size()), path.size()).clear();
        path.add(found.group(2));
        if (comment.length() > 0) {
          comments.put(String.join(".", path), comment.toString().strip());
        }
        comment.setLength(0);
      } else {
        comment.setLength(0);
      }
    }
    return comments;
  }

  private static void settings(Class<?> mapping, StringBuilder text) throws IOException {
    Path source = Path.of("src/main/java", mapping.getName().replace('.', '/').concat(".java"));
    String code = Files.readString(source);
    settings(mapping.getAnnotation(ConfigMapping.class).prefix(), mapping, code, text);
  }

  private static void settings(String prefix, Class<?> group, String code, StringBuilder text) {
    Stream.of(group.getDeclaredMethods())
        .sorted(Comparator.comparingInt(method -> declared(group, method, code)))
        .forEach(
            method -> {
              String name = prefix + "." + kebab(method.getName());
              if (method.getReturnType().getDeclaringClass() == null) {
                WithDefault given = method.getAnnotation(WithDefault.class);
                String variable = name.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
                text.append("| `" + variable + "` | " + type(method.getGenericReturnType()))
                    .append(" | " + (given == null ? "" : "`" + given.value() + "`") + " | ")
                    .append(cell(doc(group, method, code)) + " |\n");
              } else {
                settings(name, method.getReturnType(), code, text);
              }
            });
  }

  private static String kebab(String name) {
    return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  private static String type(Type type) {
    if (type instanceof ParameterizedType generic) {
      Type inner = generic.getActualTypeArguments()[0];
      return generic.getRawType() == java.util.Set.class ? "list" : type(inner);
    }
    return switch (((Class<?>) type).getSimpleName()) {
      case "OptionalInt", "OptionalLong", "int", "long" -> "integer";
      case "boolean" -> "boolean";
      case "Duration" -> "duration, such as `30s`";
      case "Path" -> "path";
      default -> "text";
    };
  }

  /** Where a method stands in the source of its interface. */
  private static int declared(Class<?> group, Method method, String code) {
    int from = code.indexOf("interface " + group.getSimpleName() + " ");
    Matcher found = Pattern.compile("\\b" + method.getName() + "\\(\\);").matcher(code);
    assertThat(found.find(from)).as("%s in its source", method).isTrue();
    return found.start();
  }

  /** The comment above a method, as plain text. */
  private static String doc(Class<?> group, Method method, String code) {
    String before = code.substring(0, declared(group, method, code));
    String comment = before.substring(before.lastIndexOf("/**") + 3, before.lastIndexOf("*/"));
    return comment
        .replaceAll("(?m)^\\s*\\*", " ")
        .replaceAll("\\{@code\\s+((?:[^{}]|\\{[^{}]*\\})*)\\}", "`$1`")
        .strip();
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replaceAll("\\s+", " ");
  }
}
