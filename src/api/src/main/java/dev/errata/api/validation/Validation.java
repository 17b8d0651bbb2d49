package dev.errata.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.Resources;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the API server does with a resource on create: defaults, schema, rules, all from the CRD.
 * Thread-safe.
 */
public final class Validation {
  private static final String SUBDOMAIN =
      "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
  private static final Pattern NAME = Pattern.compile(SUBDOMAIN);
  private static final int MAX_NAME = 253;

  private static final Map<String, Validation> KINDS =
      Map.of(
          "Model", new Validation(Crd.load("models"), Model.class),
          "EditJob", new Validation(Crd.load("editjobs"), EditJob.class));

  private final JsonNode schema;
  private final SchemaCheck check;
  private final Class<? extends HasMetadata> type;

  private Validation(Crd crd, Class<? extends HasMetadata> type) {
    this.schema = crd.schema();
    this.check = new SchemaCheck(schema);
    this.type = type;
  }

  /**
   * The validation of a kind of {@link Resources#API_VERSION}, or nothing when there is no such.
   */
  public static Optional<Validation> of(String kind) {
    return Optional.ofNullable(KINDS.get(kind));
  }

  /** The kinds that Errata defines. */
  public static List<String> kinds() {
    return KINDS.keySet().stream().sorted().toList();
  }

  /** The class of this kind. */
  public Class<? extends HasMetadata> type() {
    return type;
  }

  /**
   * Fills in the defaults, in place, and tells what is wrong.
   *
   * @return nothing when the API server would take the resource
   */
  public List<Finding> check(ObjectNode resource) {
    Defaulting.apply(schema, resource);
    List<Finding> findings = new ArrayList<>(name(resource.path("metadata")));
    findings.addAll(check.check(resource));
    if (findings.stream().noneMatch(Finding::blocking)) {
      findings.addAll(CelRules.check(schema, resource));
    }
    return findings;
  }

  /** The name of a resource is not in its schema, but in every API server. */
  static List<Finding> name(JsonNode metadata) {
    if (metadata.hasNonNull("generateName") && !metadata.hasNonNull("name")) {
      return List.of();
    }
    JsonNode name = metadata.path("name");
    if (name.isMissingNode() || name.isNull() || name.asText().isEmpty()) {
      return List.of(
          new Finding("metadata.name", "Required value: name or generateName is required", true));
    }
    String text = name.asText();
    if (text.length() > MAX_NAME) {
      return List.of(
          new Finding(
              "metadata.name",
              "Invalid value: \"" + text + "\": must be no more than 253 characters",
              true));
    }
    if (!NAME.matcher(text).matches()) {
      return List.of(
          new Finding(
              "metadata.name",
              "Invalid value: \""
                  + text
                  + "\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"
                  + " characters, '-' or '.', and must start and end with an alphanumeric character"
                  + " (e.g. 'example.com', regex used for validation is '"
                  + SUBDOMAIN
                  + "')",
              false));
    }
    return List.of();
  }
}
