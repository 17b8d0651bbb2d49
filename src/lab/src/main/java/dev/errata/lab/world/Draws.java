package dev.errata.lab.world;

import java.util.ArrayList;
import java.util.List;

/**
 * A stream of draws that is the same on every Java platform: SplitMix64 (Steele, Lea and Flood
 * 2014), written out because the library's generators leave the bounded draw to the implementation.
 */
final class Draws {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private long state;

  /** A stream for each pair of a seed and the name of what is drawn. */
  Draws(long seed, String purpose) {
    long mixed = seed;
    for (int i = 0; i < purpose.length(); i++) {
      mixed = mix(mixed + GOLDEN + purpose.charAt(i));
    }
    this.state = mixed;
  }

  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private long next() {
    state += GOLDEN;
    return mix(state);
  }

  /** A whole number from 0 to bound - 1; the bias is below bound / 2^31. */
  int below(int bound) {
    return (int) (((next() >>> 33) * bound) >>> 31);
  }

  /** True once in {@code hundred} hundredths. */
  boolean percent(int hundredths) {
    return below(100) < hundredths;
  }

  <T> T one(List<T> of) {
    return of.get(below(of.size()));
  }

  /** The items in a random order. */
  <T> List<T> shuffled(List<T> items) {
    List<T> copy = new ArrayList<>(items);
    for (int i = copy.size() - 1; i > 0; i--) {
      int j = below(i + 1);
      T held = copy.get(i);
      copy.set(i, copy.get(j));
      copy.set(j, held);
    }
    return copy;
  }
}
