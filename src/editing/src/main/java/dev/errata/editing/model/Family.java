package dev.errata.editing.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/** A family of models: how to read its configuration, and its names of the tensors. */
public interface Family {
  /** The {@code model_type} of its {@code config.json}. */
  String modelType();

  /**
   * Reads a configuration.
   *
   * @throws dev.errata.api.InputException when a field is missing or not supported
   */
  Architecture describe(Config config);

  /** Where each part lies; parts that the family lacks are absent. */
  Map<Part, Slot> slots(Architecture architecture);

  /**
   * The ways in which checkpoints of the family lay out their tensors, the usual one first; they
   * differ in the experts only.
   */
  default List<Map<Part, Slot>> layouts(Architecture architecture) {
    return List.of(slots(architecture));
  }

  /**
   * Prefixes of all names, tried in order (the first GPT-2 checkpoints have none).
   *
   * @return at least one prefix, which may be empty
   */
  default List<String> prefixes() {
    return List.of("");
  }

  /** Access to a {@code config.json} with errors for people. */
  record Config(String file, JsonNode json) {
    /** A whole number that must be there. */
    public int integer(String field) {
      JsonNode value = json.get(field);
      if (value == null || !value.isIntegralNumber()) {
        throw new dev.errata.api.InputException(
            file + ": field '" + field + "' must be a whole number but is " + value);
      }
      return value.intValue();
    }

    /** A whole number with a default. */
    public int integer(String field, int otherwise) {
      return json.hasNonNull(field) ? integer(field) : otherwise;
    }

    /** A number with a default. */
    public double number(String field, double otherwise) {
      return json.hasNonNull(field) ? json.get(field).asDouble() : otherwise;
    }

    /** A flag with a default. */
    public boolean flag(String field, boolean otherwise) {
      return json.hasNonNull(field) ? json.get(field).asBoolean() : otherwise;
    }

    /** A text with a default. */
    public String text(String field, String otherwise) {
      return json.hasNonNull(field) ? json.get(field).asText() : otherwise;
    }

    /** The activation named by a field. */
    public Architecture.Activation activation(String field, String otherwise) {
      String name = text(field, otherwise);
      return switch (name) {
        case "gelu_new", "gelu_pytorch_tanh", "gelu_fast" -> Architecture.Activation.GELU_TANH;
        case "silu", "swish" -> Architecture.Activation.SILU;
        case "gelu" -> Architecture.Activation.GELU;
        case "relu" -> Architecture.Activation.RELU;
        default ->
            throw new dev.errata.api.InputException(
                file
                    + ": "
                    + field
                    + " '"
                    + name
                    + "' is not known; known are gelu_new,"
                    + " gelu_pytorch_tanh, silu, gelu and relu");
      };
    }
  }
}
