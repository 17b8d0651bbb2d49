package dev.errata.editing.model;

import java.util.List;

/**
 * A mixture of experts: out = Σ_e g_e down_e key_e over the experts e that the router picks for a
 * token, and the shared expert where there is one.
 *
 * @param experts E, number of experts that the router picks from
 * @param perToken how many it picks
 * @param inner f, width of an expert's key
 * @param sharedInner width of the shared expert's key, or 0 for no shared expert
 * @param sharedOpening whether the shared expert has a gate of its own, sigmoid(w x)
 * @param routing how scores become gates
 * @param layers for each layer whether it is a mixture; the others are dense
 */
public record Mixture(
    int experts,
    int perToken,
    int inner,
    int sharedInner,
    boolean sharedOpening,
    Routing routing,
    List<Boolean> layers) {

  /**
   * How a router's scores become gates.
   *
   * @param topFirst softmax over the picked experts only, instead of over all before picking
   * @param normalised whether the gates of the picked experts are divided by their sum
   * @param scale factor on the gates
   * @param groups into how many groups the experts fall, or 1
   * @param groupsPerToken from how many groups, those with the best expert, a token's experts come
   */
  public record Routing(
      boolean topFirst, boolean normalised, double scale, int groups, int groupsPerToken) {}
}
