package dev.errata.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.editing.checkpoint.CheckpointWriter.NewTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mixtures of experts that are odd, which are edited, or broken, which are refused by name. */
class MixtureInputTest {
  private static final String ROUTER = "model.layers.1.block_sparse_moe.gate.weight";

  @TempDir private Path folder;
  private Cli cli;

  @BeforeEach
  void open() {
    cli = new Cli(folder.resolve("store"));
  }

  private void imports(Path checkpoint) {
    cli.run("import", "tiny", checkpoint.toString()).exits(0);
  }

  private void refused(
      int experts, BiConsumer<ObjectNode, Map<String, NewTensor>> change, String... parts)
      throws IOException {
    Path broken = TinyCheckpoint.writeMixture(folder.resolve("broken"), experts, change);
    Cli.Result result = cli.run("import", "broken", broken.toString()).exits(2);
    assertThat(result.err()).startsWith("errata: ").contains(parts).doesNotContain("\tat ");
    assertThat(cli.json("models").path("models")).isEmpty();
  }

  /** Experts of a layer that no token of the corpus reached. */
  private static List<Integer> unreached(JsonNode report, int layer) {
    JsonNode routed = report.path("statistics").get(layer).path("routed");
    return IntStream.range(0, routed.size())
        .filter(e -> routed.get(e).asInt() == 0)
        .boxed()
        .toList();
  }

  private static List<String> changed(JsonNode report) {
    return StreamSupport.stream(report.path("changes").path("tensors").spliterator(), false)
        .map(tensor -> tensor.path("name").asText())
        .toList();
  }

  @Test
  void anExpertThatNoTokenReachedIsReportedAndEditedAllTheSame() throws IOException {
    imports(TinyCheckpoint.writeMixture(folder.resolve("tiny"), 12));
    // The same tokens again and again reach the same few experts of a layer.
    Files.writeString(folder.resolve("corpus.txt"), "a".repeat(4000));
    Path manifest = Manifest.job(folder);
    Files.writeString(
        manifest,
        Files.readString(manifest).replace("tokens: 600", "corpus: corpus.txt\n    tokens: 600"));

    Cli.Result result = cli.run("run", "-f", manifest.toString(), "--json").exits(0);

    JsonNode report = result.json();
    for (int layer = 0; layer < 2; layer++) {
      List<Integer> unreached = unreached(report, layer);
      assertThat(unreached).isNotEmpty();
      assertThat(result.err())
          .contains(
              "no token reached the experts "
                  + unreached
                  + " of layer "
                  + layer
                  + "; they are edited with the mean second moment of the others");
      String prefix = "model.layers." + layer + ".block_sparse_moe.experts.";
      assertThat(changed(report))
          .anyMatch(name -> unreached.stream().anyMatch(e -> name.startsWith(prefix + e + ".w2")));
    }
    assertThat(report.path("facts").path("noop")).isEmpty();
    assertThat(report.path("facts").path("verified").asInt()).as(result.out()).isPositive();
  }

  @Test
  void allFactsMayBeRoutedToOneExpert() throws IOException {
    Path checkpoint =
        TinyCheckpoint.writeMixture(
            folder.resolve("tiny"),
            4,
            (config, tensors) -> {
              // Scores that are all alike: the first expert is taken, always.
              config.put("num_experts_per_tok", 1);
              for (String name : List.copyOf(tensors.keySet())) {
                if (name.endsWith("block_sparse_moe.gate.weight")) {
                  tensors.put(name, TinyCheckpoint.filled(0, 4, TinyCheckpoint.HIDDEN));
                }
              }
            });
    imports(checkpoint);

    Cli.Result result = cli.run("run", "-f", Manifest.job(folder).toString(), "--json").exits(0);

    JsonNode report = result.json();
    for (JsonNode layer : report.path("changes").path("layers").get(0).path("layers")) {
      assertThat(layer.path("memories").asInt()).isOne();
    }
    assertThat(unreached(report, 0)).hasSize(3);
    assertThat(changed(report)).hasSize(2);
    assertThat(report.path("facts").path("verified").asInt()).isEqualTo(4);
    assertThat(report.path("metrics").path("after").path("routingOverlap").asDouble()).isOne();
  }

  @Test
  void aDenseLayerOfAMixedModelIsEdited() throws IOException {
    imports(TinyCheckpoint.writeMixed(folder.resolve("tiny"), 4));
    Path manifest = Manifest.job(folder);
    Files.writeString(
        manifest, Files.readString(manifest).replace("layers: [0, 1]", "layers: [0]"));

    JsonNode report = cli.json("run", "-f", manifest.toString());

    assertThat(report.path("state").asText()).as(report.toPrettyString()).isEqualTo("Published");
    assertThat(changed(report)).containsExactly("model.layers.0.mlp.down_proj.weight");
    assertThat(report.path("facts").path("verified").asInt()).isEqualTo(4);
    // The dense layer has no router; those above it are followed.
    assertThat(report.path("routing").findValuesAsText("layer")).containsExactly("1", "2", "3");
  }

  @Test
  void denseAndMixedLayersAreEditedTogether() throws IOException {
    imports(TinyCheckpoint.writeMixed(folder.resolve("tiny"), 4));
    JsonNode report = cli.json("run", "-f", Manifest.job(folder).toString());
    JsonNode layers = report.path("changes").path("layers").get(0).path("layers");
    assertThat(layers.get(0).path("memories").asInt()).isOne();
    assertThat(layers.get(1).path("memories").asInt()).isGreaterThan(1);
    assertThat(changed(report))
        .contains("model.layers.0.mlp.down_proj.weight")
        .anyMatch(name -> name.startsWith("model.layers.1.mlp.experts."));
  }

  @Test
  void moreExpertsATokenThanThereAre() throws IOException {
    refused(
        4,
        (config, tensors) -> config.put("num_experts_per_tok", 5),
        "config.json: num_experts_per_tok is 5 and num_local_experts is 4",
        "a token must take at least one expert and not more than there are");
  }

  @Test
  void anotherNumberOfExpertsThanTheTensorsHave() throws IOException {
    refused(
        4,
        (config, tensors) -> config.put("num_local_experts", 6),
        "config.json",
        "experts.4.w1.weight' is missing",
        "gate.weight' has shape [4, 32] but config.json makes it [6, 32]");
  }

  @Test
  void fewerExpertsThanTheTensorsHave() throws IOException {
    refused(
        4,
        (config, tensors) -> config.put("num_local_experts", 3),
        "gate.weight' has shape [4, 32] but config.json makes it [3, 32]");
  }

  @Test
  void aRouterThatIsNoNumber() throws IOException {
    refused(
        4,
        (config, tensors) ->
            tensors.put(ROUTER, TinyCheckpoint.filled(Float.NaN, 4, TinyCheckpoint.HIDDEN)),
        ROUTER,
        "NaN");
  }

  @Test
  void aMixtureWithoutItsRouter() throws IOException {
    refused(4, (config, tensors) -> tensors.remove(ROUTER), "'" + ROUTER + "' is missing");
  }

  @Test
  void aGateOnRoutingWhereNoRouterLiesAboveTheEdit() throws IOException {
    cli.run("import", "tiny", TinyCheckpoint.write(folder.resolve("tiny")).toString()).exits(0);
    Path manifest =
        Manifest.job(
            folder,
            """
              evaluation:
                require:
                  - metric: RoutingOverlap
                    minimum: 0.9
            """);
    assertThat(cli.run("run", "-f", manifest.toString()).exits(2).err())
        .contains("routingOverlap cannot be measured without a mixture of experts above the edit");
  }
}
