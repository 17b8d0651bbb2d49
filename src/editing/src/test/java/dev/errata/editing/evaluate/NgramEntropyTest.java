package dev.errata.editing.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class NgramEntropyTest {
  @Test
  void isTheWeightedMeanOfTheEntropiesOfPairsAndTriples() {
    // ab ba ab ba ab, once "a b" more than "b a": H2 of 3/5, 2/5; triples aba bab aba bab: H3 = 1.
    double pairs = -(0.6 * Math.log(0.6) + 0.4 * Math.log(0.4)) / Math.log(2);
    assertThat(NgramEntropy.of("a b a b a b"))
        .isCloseTo((2.0 / 3 * pairs + 4.0 / 3 * 1) / 2, within(1e-12));
  }

  @Test
  void isZeroForOneWordAgainAndAgain() {
    assertThat(NgramEntropy.of("no no no no no")).isZero();
  }

  @Test
  void isGreatestWhenNothingComesTwice() {
    // 5 words: 4 pairs, H2 = 2; 3 triples, H3 = log2 3.
    assertThat(NgramEntropy.of("one two three four five"))
        .isCloseTo((2.0 / 3 * 2 + 4.0 / 3 * Math.log(3) / Math.log(2)) / 2, within(1e-12));
  }

  @Test
  void cutsSignsFromWordsAndChineseIntoSigns() {
    assertThat(NgramEntropy.of("Don't, don't!")).isEqualTo(NgramEntropy.of("a b c d"));
    assertThat(NgramEntropy.of("北京大学")).isEqualTo(NgramEntropy.of("a b c d"));
    assertThat(NgramEntropy.of("مَرحبا يا عالم")).isEqualTo(NgramEntropy.of("a b c"));
  }

  @Test
  void leavesOutTextsThatAreTooShort() {
    assertThat(NgramEntropy.of("two words")).isNull();
    assertThat(NgramEntropy.of(List.of("two words", "no no no"))).isZero();
    assertThat(NgramEntropy.of(List.of("two words"))).isNull();
  }
}
