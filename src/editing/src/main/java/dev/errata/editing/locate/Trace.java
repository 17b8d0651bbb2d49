package dev.errata.editing.locate;

import java.util.List;
import java.util.Map;

/**
 * Average indirect effects over facts.
 *
 * @param facts number of facts that were traced
 * @param unknown lines of the facts that were left out because the model does not say their old
 *     target
 * @param settings how it was traced, with the window that was used
 * @param deviation standard deviation of the noise
 * @param clean mean probability of the answer
 * @param corrupted the same with a noisy subject; the total effect is the difference
 * @param tokens for every role how many facts have such a token
 * @param hidden effect of restoring the hidden state behind a block
 * @param attention effect of restoring a window of attention outputs around a layer
 * @param feedForward effect of restoring a window of feed-forward outputs around a layer
 * @param lastSubject effects at the subject's last token
 * @param layers the layers that are best edited
 */
public record Trace(
    int facts,
    List<Integer> unknown,
    LocateSettings settings,
    double deviation,
    double clean,
    double corrupted,
    Map<TokenRole, Integer> tokens,
    Map<TokenRole, List<Double>> hidden,
    Map<TokenRole, List<Double>> attention,
    Map<TokenRole, List<Double>> feedForward,
    LastSubject lastSubject,
    List<Integer> layers) {

  /**
   * Effects of restoring the hidden state at the subject's last token, by layer.
   *
   * @param hidden as it is
   * @param attentionSevered with the attention above it, there, as in the noisy run
   * @param feedForwardSevered with the feed-forward layers above it, there, as in the noisy run
   */
  public record LastSubject(
      List<Double> hidden, List<Double> attentionSevered, List<Double> feedForwardSevered) {}
}
