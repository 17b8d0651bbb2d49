package dev.errata.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Evaluates the {@code x-kubernetes-validations} of a schema at every node that carries them. Rules
 * that speak of {@code oldSelf} concern updates and are passed over here, as on create.
 */
final class CelRules {
  private static final CelOptions OPTIONS =
      CelOptions.current().enableHeterogeneousNumericComparisons(true).build();
  private static final CelCompiler COMPILER =
      CelCompilerFactory.standardCelCompilerBuilder()
          .setOptions(OPTIONS)
          .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
          .addLibraries(CelExtensions.strings())
          .addVar("self", SimpleType.DYN)
          .addVar("oldSelf", SimpleType.DYN)
          .build();
  private static final CelRuntime RUNTIME =
      CelRuntimeFactory.standardCelRuntimeBuilder()
          .setOptions(OPTIONS)
          .addLibraries(CelExtensions.strings())
          .build();
  private static final ConcurrentMap<String, Rule> COMPILED = new ConcurrentHashMap<>();

  /** A compiled expression. */
  record Rule(CelRuntime.Program program, boolean transition) {}

  private CelRules() {}

  /** What the rules of the schema have against the value, outermost first. */
  static List<Finding> check(JsonNode schema, JsonNode value) {
    List<Finding> findings = new ArrayList<>();
    check(schema, value, "", findings);
    return findings;
  }

  private static void check(JsonNode schema, JsonNode value, String path, List<Finding> findings) {
    for (JsonNode rule : schema.path("x-kubernetes-validations")) {
      evaluate(rule, schema, value, path, findings);
    }
    if (value.isObject()) {
      JsonNode properties = schema.path("properties");
      JsonNode others = schema.path("additionalProperties");
      for (var field : value.properties()) {
        String name = field.getKey();
        JsonNode of = properties.has(name) ? properties.get(name) : others;
        check(of, field.getValue(), Finding.child(path, name), findings);
      }
    } else if (value.isArray()) {
      for (int i = 0; i < value.size(); i++) {
        check(schema.path("items"), value.get(i), Finding.item(path, i), findings);
      }
    }
  }

  private static void evaluate(
      JsonNode rule, JsonNode schema, JsonNode value, String path, List<Finding> findings) {
    Rule compiled = compile(rule.path("rule").asText());
    if (compiled.transition()) {
      return;
    }
    Map<String, Object> variables = Map.of("self", toCel(schema, value));
    String type = schema.path("type").asText();
    try {
      if (!Boolean.TRUE.equals(compiled.program().eval(variables))) {
        findings.add(
            new Finding(
                path + rule.path("fieldPath").asText(),
                "Invalid value: \"" + type + "\": " + message(rule, variables),
                false));
      }
    } catch (CelEvaluationException e) {
      findings.add(
          new Finding(
              path,
              String.format(
                  "Invalid value: \"%s\": rule cannot be evaluated: %s: %s",
                  type, rule.path("rule").asText(), e.getMessage()),
              false));
    }
  }

  private static String message(JsonNode rule, Map<String, Object> variables)
      throws CelEvaluationException {
    if (rule.hasNonNull("messageExpression")) {
      return String.valueOf(
          compile(rule.get("messageExpression").asText()).program().eval(variables));
    }
    return rule.hasNonNull("message")
        ? rule.get("message").asText()
        : "failed rule: " + rule.path("rule").asText();
  }

  /**
   * Compiles an expression once.
   *
   * @throws IllegalStateException when it is not CEL, which is an error of the CRD
   */
  static Rule compile(String expression) {
    return COMPILED.computeIfAbsent(
        expression,
        text -> {
          try {
            CelAbstractSyntaxTree ast = COMPILER.compile(text).getAst();
            boolean transition =
                ast.getReferenceMap().values().stream().anyMatch(r -> r.name().equals("oldSelf"));
            return new Rule(RUNTIME.createProgram(ast), transition);
          } catch (CelValidationException | CelEvaluationException e) {
            throw new IllegalStateException("rule of a CRD: " + text, e);
          }
        });
  }

  /** The value as CEL sees it: what the schema calls a number is a double even when it is 1. */
  private static Object toCel(JsonNode schema, JsonNode value) {
    if (value.isObject()) {
      Map<String, Object> map = new HashMap<>();
      JsonNode properties = schema.path("properties");
      for (var field : value.properties()) {
        JsonNode of =
            properties.has(field.getKey())
                ? properties.get(field.getKey())
                : schema.path("additionalProperties");
        map.put(field.getKey(), toCel(of, field.getValue()));
      }
      return map;
    }
    if (value.isArray()) {
      List<Object> list = new ArrayList<>();
      value.forEach(item -> list.add(toCel(schema.path("items"), item)));
      return list;
    }
    if (value.isBoolean()) {
      return value.booleanValue();
    }
    if (value.isNumber()) {
      boolean real = schema.path("type").asText().equals("number") || !value.isIntegralNumber();
      if (real) {
        return value.doubleValue();
      }
      return value.longValue();
    }
    return value.asText();
  }
}
