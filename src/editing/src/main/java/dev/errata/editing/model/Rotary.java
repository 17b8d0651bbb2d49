package dev.errata.editing.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.errata.api.InputException;
import java.util.Arrays;
import java.util.Set;

/**
 * Rotary position embedding (Su et al. 2021, arXiv 2104.09864).
 *
 * @param dims number of leading dimensions of a head that turn
 * @param interleaved pairs are neighbours (GPT-J) instead of the two halves (Llama)
 * @param inverseFrequencies θ of each pair, length dims / 2
 * @param factor on cosine and sine: the attention factor of a scaling; 1 for none
 * @param skipped layers without positions (SmolLM3)
 */
public record Rotary(
    int dims,
    boolean interleaved,
    double[] inverseFrequencies,
    double factor,
    Set<Integer> skipped) {

  /** In all layers, without a factor. */
  public Rotary(int dims, boolean interleaved, double[] inverseFrequencies) {
    this(dims, interleaved, inverseFrequencies, 1, Set.of());
  }

  /**
   * Reads the settings of a {@code config.json}: {@code rope_theta} and {@code rope_scaling}, or
   * the {@code rope_parameters} that transformers 5 writes.
   *
   * @param config the configuration
   * @param dims number of dimensions that turn
   * @throws InputException for a kind of scaling that is not known
   */
  public static Rotary read(JsonNode config, int dims) {
    return read(config, dims, "rope_theta", 10000.0);
  }

  /**
   * The same for a family that calls {@code rope_theta} otherwise or has another default.
   *
   * @param thetaField the field's name outside {@code rope_parameters}
   * @param otherwise θ where it is not given
   */
  public static Rotary read(JsonNode config, int dims, String thetaField, double otherwise) {
    JsonNode scaling = parameters(config);
    double theta =
        scaling.has("rope_theta")
            ? scaling.get("rope_theta").asDouble()
            : config.path(thetaField).asDouble(otherwise);
    double[] frequencies = new double[dims / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = Math.pow(theta, -2.0 * i / dims);
    }
    double attentionFactor = 1;
    String kind = kind(config);
    switch (kind) {
      case "default" -> {}
      case "linear" -> {
        double factor = scaling.path("factor").asDouble(1);
        for (int i = 0; i < frequencies.length; i++) {
          frequencies[i] /= factor;
        }
      }
      case "llama3" -> scaleAsLlama3(frequencies, scaling);
      case "yarn" -> attentionFactor = scaleAsYarn(frequencies, theta, config, scaling);
      case "longrope" -> attentionFactor = scaleAsLongRope(frequencies, config, scaling);
      default ->
          throw new InputException(
              "config.json: rope_scaling '"
                  + kind
                  + "' is not known; known are default, linear, llama3, longrope and"
                  + " yarn");
    }
    return new Rotary(dims, false, frequencies, attentionFactor, Set.of());
  }

  /** {@code rope_parameters}, or what earlier configurations have in its place. */
  static JsonNode parameters(JsonNode config) {
    JsonNode parameters = config.path("rope_parameters");
    return parameters.isObject() ? parameters : config.path("rope_scaling");
  }

  /** The kind of scaling; Phi-3's first checkpoints call {@code longrope} by other names. */
  private static String kind(JsonNode config) {
    JsonNode scaling = parameters(config);
    String kind = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
    return kind.equals("su") ? "longrope" : kind;
  }

  /**
   * How many leading dimensions of a head turn.
   *
   * @param field the field's name outside {@code rope_parameters}
   * @param otherwise the share where it is not given
   */
  public static int turning(JsonNode config, int headDim, String field, double otherwise) {
    JsonNode inside = parameters(config).path("partial_rotary_factor");
    double share = inside.isNumber() ? inside.asDouble() : config.path(field).asDouble(otherwise);
    return (int) (headDim * share);
  }

  /**
   * The greatest number of tokens for which a configuration's positions are exact. Of LongRoPE's
   * two sets of factors (Ding et al. 2024, arXiv 2402.13753) the short one is read, which holds up
   * to the length of the first training: with the long one, the same token would get other keys
   * once its sequence has grown.
   *
   * @param positions what the configuration says
   */
  public static int longest(JsonNode config, int positions) {
    return kind(config).equals("longrope")
        ? Math.min(positions, originalPositions(config))
        : positions;
  }

  private static int originalPositions(JsonNode config) {
    String field = "original_max_position_embeddings";
    JsonNode inside = parameters(config).path(field);
    JsonNode found = inside.isNumber() ? inside : config.path(field);
    if (!found.isIntegralNumber()) {
      throw new InputException(
          "config.json: rope_scaling '" + kind(config) + "' needs a whole number '" + field + "'");
    }
    return found.intValue();
  }

  /**
   * YaRN (Peng et al. 2023, arXiv 2309.00071): slow pairs are interpolated, fast ones kept, those
   * between blended.
   *
   * @return the factor on cosine and sine
   */
  private static double scaleAsYarn(
      double[] frequencies, double theta, JsonNode config, JsonNode scaling) {
    double original = originalPositions(config);
    double factor = scaling.path("factor").asDouble(1);
    double low =
        turnsAt(scaling.path("beta_fast").asDouble(32), frequencies.length, theta, original);
    double high =
        turnsAt(scaling.path("beta_slow").asDouble(1), frequencies.length, theta, original);
    if (scaling.path("truncate").asBoolean(true)) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, 2.0 * frequencies.length - 1);
    double width = high == low ? 0.001 : high - low;
    for (int i = 0; i < frequencies.length; i++) {
      double slow = Math.max(0, Math.min(1, (i - low) / width));
      frequencies[i] = frequencies[i] / factor * slow + frequencies[i] * (1 - slow);
    }
    if (scaling.path("attention_factor").isNumber()) {
      return scaling.get("attention_factor").asDouble();
    }
    double scale = scaling.path("mscale").asDouble(0);
    double all = scaling.path("mscale_all_dim").asDouble(0);
    return scale != 0 && all != 0
        ? temperature(factor, scale) / temperature(factor, all)
        : temperature(factor, 1);
  }

  /** The pair that turns so many times within the length of the first training. */
  private static double turnsAt(double turns, int pairs, double theta, double positions) {
    return pairs * Math.log(positions / (turns * 2 * Math.PI)) / Math.log(theta);
  }

  /** YaRN's temperature of a context that is {@code factor} times as long. */
  static double temperature(double factor, double scale) {
    return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
  }

  /** Divides by the short factors; returns the attention factor of the paper's equation 4. */
  private static double scaleAsLongRope(double[] frequencies, JsonNode config, JsonNode scaling) {
    JsonNode factors = scaling.path("short_factor");
    if (factors.size() != frequencies.length) {
      throw new InputException(
          "config.json: rope_scaling.short_factor has "
              + factors.size()
              + " numbers; "
              + frequencies.length
              + " pairs of dimensions turn");
    }
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] /= factors.get(i).asDouble();
    }
    if (scaling.path("attention_factor").isNumber()) {
      return scaling.get("attention_factor").asDouble();
    }
    int original = originalPositions(config);
    double stretch =
        scaling.path("factor").isNumber()
            ? scaling.get("factor").asDouble()
            : config.path("max_position_embeddings").asDouble() / original;
    return stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(original));
  }

  /** The scaling of Llama 3.1: long wavelengths are stretched, short kept, between blended. */
  private static void scaleAsLlama3(double[] frequencies, JsonNode scaling) {
    double factor = scaling.path("factor").asDouble();
    double low = scaling.path("low_freq_factor").asDouble();
    double high = scaling.path("high_freq_factor").asDouble();
    double original = scaling.path("original_max_position_embeddings").asDouble();
    for (int i = 0; i < frequencies.length; i++) {
      double wavelength = 2 * Math.PI / frequencies[i];
      if (wavelength > original / low) {
        frequencies[i] /= factor;
      } else if (wavelength >= original / high) {
        double smooth = (original / wavelength - low) / (high - low);
        frequencies[i] = (1 - smooth) * frequencies[i] / factor + smooth * frequencies[i];
      }
    }
  }

  /** The same with pairs of neighbouring dimensions. */
  public Rotary withInterleaving() {
    return new Rotary(dims, true, inverseFrequencies, factor, skipped);
  }

  /** The same, but some layers have no positions. */
  public Rotary without(Set<Integer> layers) {
    return new Rotary(dims, interleaved, inverseFrequencies, factor, Set.copyOf(layers));
  }

  /**
   * Cosine or sine of the angle of every turning dimension at a position.
   *
   * @param position the token's position
   * @param sine whether the sine is asked
   * @param out receives {@code dims} values from {@code offset} on
   */
  void fill(int position, boolean sine, float[] out, int offset) {
    int half = dims / 2;
    for (int i = 0; i < half; i++) {
      // transformers computes the angle in float32
      float angle = (float) position * (float) inverseFrequencies[i];
      float value = (float) ((sine ? Math.sin(angle) : Math.cos(angle)) * factor);
      if (interleaved) {
        out[offset + 2 * i] = value;
        out[offset + 2 * i + 1] = value;
      } else {
        out[offset + i] = value;
        out[offset + half + i] = value;
      }
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Rotary that
        && dims == that.dims
        && interleaved == that.interleaved
        && factor == that.factor
        && skipped.equals(that.skipped)
        && Arrays.equals(inverseFrequencies, that.inverseFrequencies);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(inverseFrequencies) * 31 + dims;
  }

  @Override
  public String toString() {
    return "Rotary[dims="
        + dims
        + ", interleaved="
        + interleaved
        + ", factor="
        + factor
        + ", skipped="
        + skipped
        + "]";
  }
}
