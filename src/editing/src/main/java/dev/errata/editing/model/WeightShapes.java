package dev.errata.editing.model;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Names and shapes of a decoder's weights in a checkpoint.
 *
 * @param architecture what the model is made of
 * @param slots where its parts lie
 * @param prefix of all names
 */
record WeightShapes(Architecture architecture, Map<Part, Slot> slots, String prefix) {

  /**
   * All tensors that the architecture needs are there with the right shape.
   *
   * @throws InputException with all problems at once
   */
  void requireFit(Checkpoint checkpoint) {
    List<String> problems = new ArrayList<>();
    Map<String, long[]> wanted = new TreeMap<>();
    slots.forEach(
        (part, slot) -> {
          for (WeightPlace key : places(part)) {
            names(slot, key).forEach(name -> wanted.put(name, stored(part, slot)));
          }
        });
    wanted.forEach(
        (name, shape) -> {
          if (!checkpoint.has(name)) {
            problems.add("tensor '" + name + "' is missing");
          } else if (!Arrays.equals(checkpoint.tensor(name).dimensions(), shape)) {
            problems.add(
                "tensor '"
                    + name
                    + "' has shape "
                    + checkpoint.tensor(name).shape()
                    + " but config.json makes it "
                    + Arrays.toString(shape));
          } else if (!checkpoint.tensor(name).dtype().isFloating()) {
            problems.add("tensor '" + name + "' is " + checkpoint.tensor(name).dtype());
          }
        });
    if (!problems.isEmpty()) {
      int shown = Math.min(problems.size(), 10);
      String more = problems.size() > shown ? "; and " + (problems.size() - shown) + " more" : "";
      throw new InputException(
          checkpoint.directory()
              + ": the weights do not fit config.json (model_type "
              + architecture.family()
              + "): "
              + String.join("; ", problems.subList(0, shown))
              + more);
    }
  }

  /** Every tensor of a part: one for the model, for each layer that has it or for each expert. */
  List<WeightPlace> places(Part part) {
    List<WeightPlace> places = new ArrayList<>();
    int layers = part.perLayer() ? architecture.layers() : 1;
    for (int layer = 0; layer < layers; layer++) {
      if (part.in(architecture, layer)) {
        int experts = part.perExpert() ? architecture.feedForward().mixture().experts() : 1;
        for (int expert = 0; expert < experts; expert++) {
          places.add(new WeightPlace(part, layer, expert));
        }
      }
    }
    return places;
  }

  String name(Slot slot, WeightPlace key) {
    return prefix + slot.name(key.layer(), key.expert());
  }

  /** The tensors of a weight: one, or one for each head. */
  List<String> names(Slot slot, WeightPlace key) {
    String name = name(slot, key);
    if (!slot.perHead()) {
      return List.of(name);
    }
    return IntStream.range(0, Math.toIntExact(shape(key.part())[0]))
        .mapToObj(head -> name.replace("%h", Integer.toString(head)))
        .toList();
  }

  long[] stored(Part part, Slot slot) {
    long[] shape = storedOfOne(part, slot);
    if (!slot.packed()) {
      return shape;
    }
    long[] packed = new long[shape.length + 1];
    packed[0] = architecture.feedForward().mixture().experts();
    System.arraycopy(shape, 0, packed, 1, shape.length);
    return packed;
  }

  /** The stored shape, for a packed tensor that of one expert. */
  long[] storedOfOne(Part part, Slot slot) {
    long[] shape = shape(part);
    if (slot.perHead()) {
      return Arrays.copyOfRange(shape, 1, shape.length);
    }
    if (slot.fused()) {
      long rows = 0;
      for (Map.Entry<Part, Slot> other : slots.entrySet()) {
        if (other.getValue().template().equals(slot.template())) {
          rows = Math.max(rows, other.getValue().to());
        }
      }
      shape[0] = rows * slot.groups();
    }
    return slot.transposed() ? new long[] {shape[1], shape[0]} : shape;
  }

  /** The shape of a part as the architecture makes it, [out, in] or [n]. */
  private long[] shape(Part part) {
    Architecture.Attention attention = architecture.attention();
    long d = architecture.hidden();
    long f = architecture.feedForward().inner();
    long queries = (long) attention.heads() * attention.headDim();
    long keys = (long) attention.keyValueHeads() * attention.headDim();
    Architecture.Latent latent = attention.latent();
    int queryRank = latent == null ? 0 : latent.queryRank();
    Mixture mixture = architecture.feedForward().mixture();
    long experts = mixture == null ? 0 : mixture.experts();
    long expertInner = mixture == null ? 0 : mixture.inner();
    long sharedInner = mixture == null ? 0 : mixture.sharedInner();
    return switch (part) {
      case EMBEDDING, UNEMBEDDING -> new long[] {architecture.vocabulary(), d};
      case UNEMBEDDING_BIAS -> new long[] {architecture.vocabulary()};
      case POSITIONS -> new long[] {architecture.positions(), d};
      case QUERY -> new long[] {queries, queryRank == 0 ? d : queryRank};
      case QUERY_IN -> new long[] {queryRank, d};
      case QUERY_IN_NORM -> new long[] {queryRank};
      case KEY_VALUE_IN -> new long[] {latent.keyValueRank() + latent.turning(), d};
      case KEY_VALUE_IN_NORM -> new long[] {latent.keyValueRank()};
      case KEY_VALUE ->
          new long[] {
            (long) attention.heads() * (latent.still() + latent.valueDim()), latent.keyValueRank()
          };
      case SINKS -> new long[] {attention.heads()};
      case QUERY_BIAS -> new long[] {queries};
      case KEY, VALUE -> new long[] {keys, d};
      case KEY_BIAS, VALUE_BIAS -> new long[] {keys};
      case OUTPUT ->
          new long[] {d, latent == null ? queries : (long) attention.heads() * latent.valueDim()};
      case QUERY_NORM -> normOf(attention, attention.heads());
      case KEY_NORM -> normOf(attention, attention.keyValueHeads());
      case GATE, UP -> new long[] {f, d};
      case GATE_BIAS, UP_BIAS -> new long[] {f};
      case DOWN -> new long[] {d, f};
      case ROUTER -> new long[] {experts, d};
      case ROUTER_BIAS -> new long[] {experts};
      case EXPERT_GATE, EXPERT_UP -> new long[] {expertInner, d};
      case EXPERT_GATE_BIAS, EXPERT_UP_BIAS -> new long[] {expertInner};
      case EXPERT_DOWN -> new long[] {d, expertInner};
      case SHARED_GATE, SHARED_UP -> new long[] {sharedInner, d};
      case SHARED_DOWN -> new long[] {d, sharedInner};
      case SHARED_OPENING -> new long[] {1, d};
      case FINAL_NORM,
          FINAL_NORM_BIAS,
          ATTENTION_NORM,
          ATTENTION_NORM_BIAS,
          OUTPUT_BIAS,
          ATTENTION_POST_NORM,
          FEED_FORWARD_NORM,
          FEED_FORWARD_NORM_BIAS,
          DOWN_BIAS,
          EXPERT_DOWN_BIAS,
          FEED_FORWARD_POST_NORM ->
          new long[] {d};
    };
  }

  private static long[] normOf(Architecture.Attention attention, int heads) {
    int width = attention.headDim();
    return switch (attention.queryKeyNorm()) {
      case HEAD -> new long[] {width};
      case OWN_HEAD -> new long[] {heads, width};
      case PROJECTION, NONE -> new long[] {(long) heads * width};
    };
  }
}
