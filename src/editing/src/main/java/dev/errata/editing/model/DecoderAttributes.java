package dev.errata.editing.model;

import java.util.HashMap;
import java.util.Map;

/** An architecture as the constants that {@code decoder.py} reads. */
final class DecoderAttributes {
  private DecoderAttributes() {}

  static Map<String, Object> of(Architecture a) {
    Architecture.Attention attention = a.attention();
    Map<String, Object> attributes = new HashMap<>();
    attributes.put("norm_rms", a.norm().rms());
    attributes.put("norm_epsilon", a.norm().epsilon());
    attributes.put("norm_one_plus", a.norm().onePlus());
    attributes.put("rotary_interleaved", a.rotary() != null && a.rotary().interleaved());
    attributes.put("head_dim", attention.headDim());
    attributes.put("query_groups", attention.heads() / attention.keyValueHeads());
    attributes.put(
        "norm_projections", attention.queryKeyNorm() == Architecture.QueryKeyNorm.PROJECTION);
    attributes.put("norm_heads", attention.queryKeyNorm() == Architecture.QueryKeyNorm.HEAD);
    attributes.put(
        "norm_own_heads", attention.queryKeyNorm() == Architecture.QueryKeyNorm.OWN_HEAD);
    attributes.put("attention_scale", attention.scale());
    attributes.put("attention_softcap", attention.softcap());
    attributes.put("attention_clip", attention.clip());
    attributes.putAll(latent(attention.latent()));
    attributes.put("activation_limit", a.feedForward().limit());
    attributes.put("activation", a.feedForward().activation().code());
    attributes.put("gated", a.feedForward().gated());
    attributes.put("embedding_scale", a.embeddingScale());
    attributes.put("logit_scale", a.logitScale());
    attributes.put("logit_softcap", a.logitSoftcap());
    attributes.putAll(mixture(a.feedForward().mixture()));
    return attributes;
  }

  private static Map<String, Object> latent(Architecture.Latent latent) {
    boolean none = latent == null;
    return Map.of(
        "latent_rank", none ? 0 : latent.keyValueRank(),
        "latent_still", none ? 0 : latent.still(),
        "latent_turning", none ? 0 : latent.turning());
  }

  /** All are there for a dense model too, whose kernels are compiled from the same source. */
  private static Map<String, Object> mixture(Mixture mixture) {
    boolean dense = mixture == null;
    Mixture.Routing routing =
        dense ? new Mixture.Routing(false, false, 1, 1, 1) : mixture.routing();
    return Map.of(
        "experts", dense ? 0 : mixture.experts(),
        "experts_per_token", dense ? 0 : mixture.perToken(),
        "router_top_first", routing.topFirst(),
        "router_normalised", routing.normalised(),
        "router_scale", routing.scale(),
        "router_groups", routing.groups(),
        "router_groups_per_token", routing.groupsPerToken());
  }
}
