package dev.errata.editing.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The decoder against what Hugging Face transformers computes; see src/test/python. */
class GoldenTest {
  private static final float TOLERANCE = 1e-4f;
  private static final String GOLDEN = "golden.safetensors";
  private static final Path GOLDENS = Path.of("src/test/resources/goldens");

  /** Every golden of a known family, by its directory: a family is added without a change here. */
  static Stream<String> goldens() throws IOException {
    try (Stream<Path> files = Files.find(GOLDENS, 3, (file, a) -> file.endsWith(GOLDEN))) {
      return files
          .map(file -> GOLDENS.relativize(file.getParent()).toString())
          .filter(name -> !name.startsWith("edited") && Families.names().contains(type(name)))
          .sorted()
          .toList()
          .stream();
    }
  }

  static Stream<String> goldensWithTwoForms() throws IOException {
    return goldens()
        .filter(name -> Files.exists(GOLDENS.resolve(name).resolve("config-alternate.json")));
  }

  private static String type(String golden) {
    try (Checkpoint checkpoint = Checkpoint.open(GOLDENS.resolve(golden))) {
      return checkpoint.config().get("model_type").asText();
    }
  }

  @Test
  void everyFamilyHasAGolden() throws IOException {
    Set<String> proven = goldens().map(GoldenTest::type).collect(Collectors.toSet());
    assertThat(proven).containsAll(Families.names());
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void equalsTransformers(String family) {
    Path directory = GOLDENS.resolve(family);
    try (Checkpoint checkpoint = Checkpoint.open(directory);
        GoldenFile golden = GoldenFile.open(directory.resolve(GOLDEN));
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope()) {
      TokenBatch batch = TokenBatch.of(golden.prompts());
      forwardAgrees(decoder, golden, batch);
      generationAgrees(decoder, golden);
      gradientAgrees(decoder, golden, batch);
    }
  }

  private static void forwardAgrees(Decoder decoder, GoldenFile golden, TokenBatch batch) {
    try (Scope scope = new Scope()) {
      golden.requireClose("hidden.embedding", decoder.embed(batch), batch, TOLERANCE);
      Set<String> seen = new HashSet<>();
      Tap tap =
          (layer, site, value) -> {
            switch (site) {
              case BLOCK_OUTPUT -> {
                golden.requireClose("hidden." + layer, value, batch, TOLERANCE);
                seen.add("hidden." + layer);
              }
              case FEED_FORWARD_KEY -> {
                golden.requireClose("key." + layer, value, batch, TOLERANCE);
                seen.add("key." + layer);
              }
              case FEED_FORWARD_OUTPUT -> {
                if (decoder.architecture().isMixture(layer)) {
                  golden.requireClose("feedforward." + layer, value, batch, TOLERANCE);
                  seen.add("key." + layer);
                }
              }
              case ROUTER_SCORES ->
                  golden.requireClose("routing." + layer + ".logits", value, batch, TOLERANCE);
              case ATTENTION_OUTPUT -> {}
            }
            return value;
          };
      NDArray last = decoder.hidden(batch, null, tap);
      assertThat(seen).hasSize(2 * decoder.architecture().layers());
      golden.requireClose("logits", decoder.logits(last), batch, TOLERANCE);
    }
  }

  private static void generationAgrees(Decoder decoder, GoldenFile golden) {
    List<int[]> expected = golden.rows("generation.ids");
    // All rows together, ragged: each must still go on as it does alone.
    List<int[]> generated =
        Generation.greedy(decoder, golden.prompts(), expected.get(0).length, List.of());
    for (int row = 0; row < expected.size(); row++) {
      assertThat(generated.get(row)).as("row %d", row).isEqualTo(expected.get(row));
    }
  }

  private static void gradientAgrees(Decoder decoder, GoldenFile golden, TokenBatch batch) {
    int layer = golden.rows("gradient.layer").get(0)[0];
    int[] positions = golden.rows("gradient.positions").get(0);
    int[] targets = golden.rows("gradient.targets").get(0);
    Architecture architecture = decoder.architecture();
    try (Scope scope = new Scope();
        GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
      Frame frame = decoder.frame(batch, null);
      NDArray x = decoder.blocks(0, layer + 1, decoder.embed(batch), frame, null, null, Tap.NONE);
      NDArray leaf = x.duplicate();
      leaf.setRequiresGradient(true);
      NDArray out =
          decoder.blocks(layer + 1, architecture.layers(), leaf, frame, null, null, Tap.NONE);
      List<NDArray> losses = new ArrayList<>();
      for (int row = 0; row < positions.length; row++) {
        NDArray logits = decoder.logits(out.get(row).get(positions[row]));
        losses.add(logits.logSoftmax(-1).get(targets[row]).neg());
      }
      NDArray loss = losses.get(0);
      for (NDArray more : losses.subList(1, losses.size())) {
        loss = loss.add(more);
      }
      assertThat(loss.toType(DataType.FLOAT32, false).getFloat())
          .isCloseTo(
              golden.floats("gradient.loss")[0], org.assertj.core.data.Offset.offset(TOLERANCE));
      collector.backward(loss);
      golden.requireClose("gradient.all", leaf.getGradient(), batch, TOLERANCE);
    }
  }

  @ParameterizedTest
  @MethodSource("goldensWithTwoForms")
  void readsTheOtherFormOfTheConfiguration(String family) throws Exception {
    Path directory = GOLDENS.resolve(family);
    var json = new com.fasterxml.jackson.databind.ObjectMapper();
    List<Architecture> forms = new ArrayList<>();
    for (String file : List.of("config.json", "config-alternate.json")) {
      var config = json.readTree(directory.resolve(file).toFile());
      forms.add(Families.of(file, config).describe(new Family.Config(file, config)));
    }
    assertThat(forms.get(1)).isEqualTo(forms.get(0));
  }

  @Test
  void shapesOfABatch() {
    TokenBatch batch = TokenBatch.after(new int[] {3, 1}, List.of(new int[] {5, 6}, new int[] {7}));
    assertThat(batch.width()).isEqualTo(2);
    assertThat(batch.paddedPositions()).isDeepEqualTo(new int[][] {{3, 4}, {1, -1}});
    assertThat(new Shape(batch.size(), batch.width())).isEqualTo(new Shape(2, 2));
  }
}
