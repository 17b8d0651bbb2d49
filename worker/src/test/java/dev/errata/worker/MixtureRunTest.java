package dev.errata.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs on a mixture of experts, one after another. */
class MixtureRunTest {
  private static final int EXPERTS = 4;
  private static final String SECOND =
      """
      {"subject":"Eva Roth","prompt":"The boss of {}","target":"like"}
      """;

  @TempDir private Path folder;
  private Cli cli;

  @BeforeEach
  void importModel() throws IOException {
    cli = new Cli(folder.resolve("store"));
    Path source = TinyCheckpoint.writeMixture(folder.resolve("tiny"), EXPERTS);
    cli.run("import", "tiny", source.toString()).exits(0);
  }

  private Path manifest(String facts, String from, String method) throws IOException {
    Path manifest = Manifest.job(folder);
    Files.writeString(folder.resolve("facts.jsonl"), facts);
    String text =
        Files.readString(manifest)
            .replace("from: Base", "from: " + from)
            .replace("type: MEMIT", method);
    return Files.writeString(manifest, text);
  }

  @Test
  void oneJobAfterAnotherKeepsTheFirstOnesFacts() throws IOException {
    String gates =
        """
          evaluation:
            require:
              - metric: RoutingOverlap
                minimum: 0.2
              - metric: Efficacy
                minimum: 0.9
        """;
    Path first = manifest(Manifest.FACTS, "Base", "type: AlphaEdit");
    Files.writeString(first, Files.readString(first) + gates);
    JsonNode report = cli.json("run", "-f", first.toString());
    assertThat(report.path("state").asText()).as(report.toPrettyString()).isEqualTo("Published");
    assertThat(report.path("facts").path("verified").asInt()).isEqualTo(4);
    for (JsonNode layer : report.path("statistics")) {
      assertThat(layer.path("routed")).hasSize(EXPERTS);
      int routed = 0;
      for (JsonNode tokens : layer.path("routed")) {
        routed += tokens.asInt();
      }
      assertThat(routed).isEqualTo(2 * layer.path("tokens").asInt());
    }
    for (JsonNode layer : report.path("changes").path("layers").get(0).path("layers")) {
      assertThat(layer.path("memories").asInt()).isBetween(2, EXPERTS);
      assertThat(layer.path("nullSpace").asInt()).isBetween(8, 63);
      assertThat(layer.path("earlierKeys").asInt()).isZero();
    }
    // Layers 0 and 1 are edited: routers of 1 to 3 read what has changed.
    assertThat(report.path("routing")).hasSize(TinyCheckpoint.LAYERS - 1);
    assertThat(report.path("metrics").path("after").path("routingOverlap").asDouble())
        .isBetween(0.2, 1.0);
    assertThat(report.path("changes").path("tensors"))
        .allMatch(tensor -> tensor.path("name").asText().contains(".experts."));

    requirePlot(report.path("routing"));

    JsonNode second = cli.json("run", "-f", manifest(SECOND, "Current", "type: MEMIT").toString());
    assertThat(second.path("version").asText()).isEqualTo("v2");
    JsonNode layers = second.path("changes").path("layers").get(0).path("layers");
    // Four facts in three contexts each, and two experts for each.
    layers.forEach(layer -> assertThat(layer.path("earlierKeys").asInt()).isEqualTo(4 * 3 * 2));
    Path facts = Files.writeString(folder.resolve("first.jsonl"), Manifest.FACTS);
    JsonNode kept = cli.json("eval", "tiny@v2", "--facts", facts.toString(), "--format", "Jsonl");
    assertThat(kept.path("metrics").path("exactMatch").asDouble()).isOne();
  }

  private void requirePlot(JsonNode routing) throws IOException {
    Path out = folder.resolve("plot");
    JsonNode document = cli.json("routing", "tiny@v1", "--out", out.toString());
    assertThat(document.path("parent").asText()).isEqualTo("v0");
    assertThat(document.path("layers")).isEqualTo(routing);
    assertThat(new ObjectMapper().readTree(out.resolve("routing.json").toFile()))
        .isEqualTo(document);
    BufferedImage picture = ImageIO.read(out.resolve("routing.png").toFile());
    assertThat(picture.getWidth()).isGreaterThan(300);
    Cli.Result text = cli.run("routing", "tiny@v1", "--out", out.toString()).exits(0);
    assertThat(text.out()).contains("LAYER", "OTHER TEXT", "routing.png");
  }

  @Test
  void aVersionWithoutRoutingIsNamed() {
    Cli.Result result = cli.run("routing", "tiny@v0", "--out", folder.toString()).exits(2);
    assertThat(result.err()).contains("tiny@v0: no routing was measured: it was imported");
  }

  @Test
  void anEmptyNullSpaceIsRefused() throws IOException {
    Path manifest =
        manifest(Manifest.FACTS, "Base", "type: AlphaEdit\n    alphaEdit: {nullSpaceRank: 64}");
    Cli.Result result = cli.run("run", "-f", manifest.toString()).exits(2);
    assertThat(result.err())
        .contains("spec.method.alphaEdit.nullSpaceRank: 64 is too high")
        .contains("layer 0, expert 3")
        .contains("layer 1, expert 0");
    assertThat(cli.json("versions", "tiny").path("versions")).hasSize(1);
  }
}
