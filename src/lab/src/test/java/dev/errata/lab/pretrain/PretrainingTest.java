package dev.errata.lab.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PretrainingTest {
  private static final int STEPS = 20;
  private static final int ALONE = 6;
  private static final Recipe.Optimiser OPTIMISER =
      new Recipe.Optimiser(0.01, 4, 0.02, 0.9, 0.98, 1e-8, 0.01, 1);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "qwen3_moe", "gpt2"})
  void aModelLearns(String family) throws IOException {
    List<Training.Losses> losses = new ArrayList<>();
    Path out = folder.resolve("model");

    Recall recall = training(family, "model").run(false, (done, each) -> losses.add(each));

    assertThat(losses).hasSize(STEPS);
    assertThat(losses.get(0).objectsLoss()).isBetween(5.0, 7.0); // ln 300 = 5.7
    int begun = family.equals("gpt2") ? ALONE : 0;
    assertThat(losses.subList(0, begun)).allMatch(each -> each.loss() == 0);
    assertThat(losses.get(begun).loss()).isBetween(4.5, 7.0);
    assertThat(losses.get(STEPS - 1).loss()).isLessThan(losses.get(begun).loss() - 0.5);
    assertThat(losses.get(STEPS - 1).objectsLoss()).isLessThan(losses.get(0).objectsLoss() - 0.7);
    assertThat(recall.facts()).isEqualTo(60);
    if (family.equals("qwen3_moe")) {
      // 2 when all experts are alike, 4 when a token's two are the same for all tokens.
      assertThat(losses).allMatch(each -> each.balance() > 1.9 && each.balance() < 4);
    }
    JsonNode report = new ObjectMapper().readTree(out.resolve("pretraining.json").toFile());
    assertThat(report.get("steps").asInt()).isEqualTo(STEPS);
    assertThat(report.get("seed").asInt()).isEqualTo(3);
    assertThat(report.get("recall").asDouble()).isEqualTo(recall.share());
    JsonNode experts = report.path("experts");
    assertThat(experts.isMissingNode()).isEqualTo(!family.equals("qwen3_moe"));
    for (JsonNode layer : experts.path("shares")) {
      assertThat(layer).hasSize(4);
      double sum = 0;
      for (JsonNode share : layer) {
        assertThat(share.asDouble()).isBetween(experts.get("leastShare").asDouble(), 1.0);
        sum += share.asDouble();
      }
      assertThat(sum).isCloseTo(2, within(1e-9));
    }
    assertThat(out.resolve("generation_config.json")).exists();
    assertThat(folder.resolve("model.training")).doesNotExist();
    try (Checkpoint checkpoint = Checkpoint.open(out)) {
      assertThat(checkpoint.config().get("model_type").asText()).isEqualTo(family);
      assertThat(checkpoint.tensorNames())
          .allMatch(name -> checkpoint.tensor(name).dtype().bytes() == 2)
          .noneMatch(name -> name.startsWith("optimizer"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "qwen3_moe", "gpt2"})
  void anInterruptedTrainingComesToTheSameBytes(String family) throws IOException {
    training(family, "whole").run(false, (done, losses) -> {});
    Pretraining halved = training(family, "halved");
    assertThatThrownBy(() -> halved.run(false, PretrainingTest::interruptBehindStep12))
        .isInstanceOf(IllegalStateException.class);
    assertThat(halved.stateFolder().resolve("step-000010")).isDirectory();
    assertThat(halved.stateFolder().resolve("step-000005")).doesNotExist();
    assertThat(folder.resolve("halved")).doesNotExist();

    List<Integer> resumed = new ArrayList<>();
    training(family, "halved").run(true, (done, losses) -> resumed.add(done));

    assertThat(resumed).hasSize(10).startsWith(11).endsWith(20);
    for (String file : List.of("model.safetensors", "config.json", "pretraining.json")) {
      assertThat(Files.readAllBytes(folder.resolve("halved").resolve(file)))
          .isEqualTo(Files.readAllBytes(folder.resolve("whole").resolve(file)));
    }
  }

  @Test
  void nothingIsLostByMistake() {
    Pretraining training = training("gpt2", "model");
    assertThatThrownBy(() -> training.run(true, (done, losses) -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no unfinished training");
    assertThatThrownBy(() -> training.run(false, PretrainingTest::interruptBehindStep12))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> training.run(false, (done, losses) -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("model.training")
        .hasMessageContaining("--resume");
    assertThatThrownBy(
            () -> new Pretraining(recipe("gpt2", 4), out("model"), 5).run(true, (d, l) -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("start.seed was 3 and is 4");
    assertThatThrownBy(() -> new Pretraining(recipe("gpt2", 3), folder, 5).run(false, (d, l) -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("exists already");
  }

  @Test
  void everyWrongSizeIsNamed() {
    assertThatThrownBy(
            () ->
                new Recipe(
                    new Recipe.Shape("gpt2", 2, 30, 64, 4, 2, 48, 300),
                    new Recipe.Start(3, 0.02, 0.01),
                    new Recipe.Text(7, 10, 4, 48),
                    OPTIMISER,
                    new Recipe.Names(0, 2, 5),
                    0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--steps must be at least 1 but is 0")
        .hasMessageContaining("--heads 4 must divide --hidden 30")
        .hasMessageContaining("--key-value-heads: GPT-2")
        .hasMessageContaining("--names-layer must be from 0 to 1 but is 2")
        .hasMessageContaining("--names-alone must be 0 without --names-weight");
  }

  @Test
  void theLearningRateRisesAndFalls() {
    Recipe recipe = recipe("qwen3", 3);
    assertThat(recipe.rate(0)).isEqualTo(0.01 / 4);
    assertThat(recipe.rate(4)).isEqualTo(0.01);
    assertThat(recipe.rate(12)).isCloseTo(0.01 * 0.51, within(1e-12));
    assertThat(recipe.rate(19)).isBetween(0.0002, 0.0004);
  }

  private static void interruptBehindStep12(int done, Training.Losses losses) {
    if (done == 12) {
      throw new IllegalStateException("interrupted");
    }
  }

  private Path out(String name) {
    return folder.resolve(name);
  }

  private Pretraining training(String family, String name) {
    return new Pretraining(recipe(family, 3), out(name), 5);
  }

  private static Recipe recipe(String family, long seed) {
    int keyValueHeads = family.equals("gpt2") ? 4 : 2;
    return new Recipe(
        new Recipe.Shape(family, 2, 32, 64, 4, keyValueHeads, 48, 300),
        new Recipe.Start(seed, 0.02, 0.01),
        new Recipe.Text(7, 10, 4, 48),
        OPTIMISER,
        new Recipe.Names(1, 0, family.equals("gpt2") ? ALONE : 0),
        family.equals("qwen3_moe") ? new Recipe.Experts(4, 2, 0.05) : null,
        STEPS);
  }
}
