package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * The uncentred second moments of the inputs of one layer's edited linears: C = E[k kᵀ] of a dense
 * layer, C_e = E[g² k kᵀ] of every memory of a mixture of experts, where the gate g of a token that
 * does not reach e is 0: the sum is over the tokens that reach e, the divisor is all tokens.
 *
 * @param layer the layer, from 0
 * @param tokens how many tokens of the corpus were read
 * @param memories one for each linear memory of the layer, by index
 */
public record Moment(int layer, long tokens, List<OfMemory> memories) {
  public Moment {
    memories = List.copyOf(memories);
  }

  /**
   * The moment of one memory.
   *
   * @param matrix C_e, symmetric, [f, f] float64; that of an expert is shrunk, see {@link
   *     Shrinkage}
   * @param routed how many tokens reached the memory
   * @param rank numerical rank of what they gave: how many eigenvalues exceed f · 2⁻²⁴ times the
   *     largest, float32 being the type of the keys
   */
  public record OfMemory(NDArray matrix, long routed, int rank) {}

  /**
   * The mean of this moment, whose matrices become it, and others of the same layer, memory by
   * memory: what general text and domain text make together, one counting as much as the other
   * however long they are.
   */
  Moment meanWith(Moments others) {
    Layer other = others.layer(layer);
    List<OfMemory> means = new ArrayList<>();
    for (int i = 0; i < memories.size(); i++) {
      try (Scope scope = new Scope()) {
        OfMemory own = memories.get(i);
        means.add(
            new OfMemory(
                own.matrix().addi(others.of(layer, i)).muli(0.5),
                own.routed() + other.routed().get(i),
                Math.max(own.rank(), other.ranks().get(i))));
      }
    }
    return new Moment(layer, tokens + other.tokens(), means);
  }

  /** C of a dense layer. */
  public NDArray matrix() {
    return only().matrix();
  }

  /** The rank of a dense layer's moment. */
  public int rank() {
    return only().rank();
  }

  private OfMemory only() {
    if (memories.size() != 1) {
      throw new IllegalStateException("layer " + layer + " has several memories");
    }
    return memories.get(0);
  }

  /** Tokens that reached each memory. */
  public List<Long> routed() {
    return memories.stream().map(OfMemory::routed).toList();
  }
}
