package dev.errata.lab.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Compute;
import dev.errata.lab.world.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShippedModelsTest {
  private static final Path MODELS = Path.of("models");
  private static final long MOST_BYTES = 10_000_000;

  private static JsonNode report(String name) throws IOException {
    return new ObjectMapper().readTree(MODELS.resolve(name).resolve("pretraining.json").toFile());
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "gpt2", "qwen3_moe"})
  void areSmallAndKnowTheirWorld(String name) throws IOException {
    JsonNode report = report(name);
    assertThat(report.get("facts").asInt()).isGreaterThanOrEqualTo(3_000);
    assertThat(report.get("recall").asDouble()).isGreaterThanOrEqualTo(0.99);
    long bytes = 0;
    try (Stream<Path> files = Files.list(MODELS.resolve(name))) {
      for (Path file : files.toList()) {
        bytes += Files.size(file);
      }
    }
    assertThat(bytes).isLessThanOrEqualTo(MOST_BYTES);
  }

  @Test
  void noExpertIsIdle() throws IOException {
    Path folder = MODELS.resolve("qwen3_moe");
    Recipe.Text size = new Recipe.Text(World.SEED, World.PEOPLE, 32, 96);
    try (Checkpoint checkpoint = Checkpoint.open(folder);
        Tokenizer tokenizer = Tokenizer.open(folder);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU)) {
      World world = new World(size.worldSeed(), size.people());
      ExpertLoad load = ExpertLoad.of(decoder, tokenizer, world, size);
      assertThat(load.shares()).hasSize(decoder.architecture().layers());
      for (List<Double> layer : load.shares()) {
        assertThat(layer).hasSizeGreaterThanOrEqualTo(8).allMatch(share -> share >= 0.02);
        assertThat(layer.stream().mapToDouble(share -> share).sum()).isCloseTo(2, within(1e-9));
      }
      // The report was made of these very weights; another processor may round a router's tie.
      double told = report("qwen3_moe").get("experts").get("leastShare").asDouble();
      assertThat(load.leastShare()).isCloseTo(told, within(1e-3));
    }
  }
}
