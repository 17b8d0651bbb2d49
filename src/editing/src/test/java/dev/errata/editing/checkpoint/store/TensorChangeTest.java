package dev.errata.editing.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TensorChangeTest {
  @ParameterizedTest
  @CsvSource({
    "model.layers.17.mlp.down_proj.weight, 17",
    "transformer.h.3.mlp.c_proj.weight, 3",
    "h.0.mlp.c_proj.weight, 0",
    "model.norm.weight,",
    "model.layers.2.mlp.experts.7.down_proj.weight, 2"
  })
  void knowsTheLayer(String name, Integer layer) {
    assertThat(TensorChange.layer(name)).isEqualTo(layer);
  }

  @ParameterizedTest
  @CsvSource({
    "0x3c00, 1",
    "0xc000, -2",
    "0x7bff, 65504",
    "0x0001, 5.9604645E-8",
    "0x03ff, 6.097555E-5",
    "0x0400, 6.1035156E-5",
    "0x8000, -0.0",
    "0x7c00, Infinity",
    "0x3555, 0.33325195"
  })
  void convertsHalves(String bits, float value) {
    assertThat(TensorChange.halfToFloat((short) (int) Integer.decode(bits))).isEqualTo(value);
  }

  @Test
  void convertsNan() {
    assertThat(TensorChange.halfToFloat((short) 0x7e00)).isNaN();
  }
}
