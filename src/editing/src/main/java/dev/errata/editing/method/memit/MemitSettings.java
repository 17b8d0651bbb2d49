package dev.errata.editing.method.memit;

import dev.errata.api.InputException;
import java.util.List;

/**
 * The settings of a MEMIT job, complete: what the job leaves open comes from {@link MemitPresets}.
 *
 * @param layers edited layers, ascending, from 0
 * @param valueLayer layer whose output δ is added to (z-layer); not below the last edited one
 * @param valueSteps greatest number of optimisation steps a fact
 * @param learningRate Adam's rate
 * @param clamp greatest ‖δ‖ / ‖h₀‖
 * @param weightDecay factor of ‖δ‖ / ‖h₀‖²
 * @param klFactor factor of the divergence from the unedited model on protected prompts
 * @param stopLoss a fact whose loss is below it is finished
 * @param lambda weight of the second moment, or null to choose it by {@code residualShare}
 * @param residualShare share of the residual that the first edited layer is to leave
 * @param prefixes number of sampled prefixes P
 * @param prefixTokens length of a prefix in tokens
 * @param preserve number of the job's other templates protected a subject, besides "{} is a"
 * @param preserveFactor factor of the mean divergence on those templates
 * @param refinements greatest number of further rounds for facts that fail
 * @param batchTokens greatest number of tokens in one forward pass that is gone back as well;
 *     several times as many where it is not
 * @param seed seed of everything that is drawn
 */
public record MemitSettings(
    List<Integer> layers,
    int valueLayer,
    int valueSteps,
    double learningRate,
    double clamp,
    double weightDecay,
    double klFactor,
    double stopLoss,
    Double lambda,
    double residualShare,
    int prefixes,
    int prefixTokens,
    int preserve,
    double preserveFactor,
    int refinements,
    int batchTokens,
    long seed) {

  /** Layers are copied. */
  public MemitSettings {
    layers = List.copyOf(layers);
  }

  /** The same settings with other batches. */
  public MemitSettings withBatchTokens(int tokens) {
    return new MemitSettings(
        layers,
        valueLayer,
        valueSteps,
        learningRate,
        clamp,
        weightDecay,
        klFactor,
        stopLoss,
        lambda,
        residualShare,
        prefixes,
        prefixTokens,
        preserve,
        preserveFactor,
        refinements,
        tokens,
        seed);
  }

  /** The same settings with another weight of the metric, or null to choose it. */
  public MemitSettings withLambda(Double other) {
    return new MemitSettings(
        layers,
        valueLayer,
        valueSteps,
        learningRate,
        clamp,
        weightDecay,
        klFactor,
        stopLoss,
        other,
        residualShare,
        prefixes,
        prefixTokens,
        preserve,
        preserveFactor,
        refinements,
        batchTokens,
        seed);
  }

  /**
   * Checks what depends on the model.
   *
   * @param modelLayers number of the model's layers
   * @throws InputException naming the field, the value and the range
   */
  public MemitSettings requireFits(int modelLayers) {
    int before = -1;
    for (int layer : layers) {
      if (layer < 0 || layer >= modelLayers) {
        throw new InputException(
            "spec.method.memit.layers: layer "
                + layer
                + " is out of range: the model has layers 0 to "
                + (modelLayers - 1));
      }
      if (layer <= before) {
        throw new InputException(
            "spec.method.memit.layers: " + layers + " must ascend without repeats");
      }
      before = layer;
    }
    if (valueLayer < before || valueLayer >= modelLayers) {
      throw new InputException(
          "spec.method.memit.valueLayer: "
              + valueLayer
              + " is out of range: it must lie between the last edited layer "
              + before
              + " and "
              + (modelLayers - 1));
    }
    return this;
  }
}
