package dev.errata.editing.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.errata.api.InputException;
import java.util.Arrays;

/**
 * Rotary position embedding (Su et al. 2021, arXiv 2104.09864).
 *
 * @param dims number of leading dimensions of a head that turn
 * @param interleaved pairs are neighbours (GPT-J) instead of the two halves (Llama)
 * @param inverseFrequencies θ of each pair, length dims / 2
 */
public record Rotary(int dims, boolean interleaved, double[] inverseFrequencies) {

  /**
   * Reads the settings of a {@code config.json}: {@code rope_theta} and {@code rope_scaling}, or
   * the {@code rope_parameters} that transformers 5 writes.
   *
   * @param config the configuration
   * @param dims number of dimensions that turn
   * @throws InputException for a kind of scaling that is not known
   */
  public static Rotary read(JsonNode config, int dims) {
    JsonNode scaling = config.path("rope_parameters");
    if (!scaling.isObject()) {
      scaling = config.path("rope_scaling");
    }
    double theta =
        scaling.has("rope_theta")
            ? scaling.get("rope_theta").asDouble()
            : config.path("rope_theta").asDouble(10000.0);
    double[] frequencies = new double[dims / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = Math.pow(theta, -2.0 * i / dims);
    }
    String kind = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
    switch (kind) {
      case "default" -> {}
      case "linear" -> {
        double factor = scaling.path("factor").asDouble(1);
        for (int i = 0; i < frequencies.length; i++) {
          frequencies[i] /= factor;
        }
      }
      case "llama3" -> scaleAsLlama3(frequencies, scaling);
      default ->
          throw new InputException(
              "config.json: rope_scaling '"
                  + kind
                  + "' is not known; known are default, linear and llama3");
    }
    return new Rotary(dims, false, frequencies);
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
    return new Rotary(dims, true, inverseFrequencies);
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
      float value = (float) (sine ? Math.sin(angle) : Math.cos(angle));
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
        && Arrays.equals(inverseFrequencies, that.inverseFrequencies);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(inverseFrequencies) * 31 + dims;
  }

  @Override
  public String toString() {
    return "Rotary[dims=" + dims + ", interleaved=" + interleaved + "]";
  }
}
