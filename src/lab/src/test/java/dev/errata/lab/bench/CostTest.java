package dev.errata.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CostTest {
  @Test
  void aRateOfLessThanTheClockCanTellIsUnknown() {
    assertThat(Cost.ratio(3, 0)).isNull();
    assertThat(Cost.ratio(0, 0)).isNull();
    assertThat(Cost.ratio(3, 0.01)).isEqualTo(300);
  }
}
