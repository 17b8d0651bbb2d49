package dev.errata.lab.pretrain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Compute;
import dev.errata.lab.world.Person;
import dev.errata.lab.world.World;
import dev.errata.lab.world.WorldTokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;

/**
 * Trains a model on a world and writes it as a Hugging Face checkpoint in bfloat16. An interrupted
 * training goes on from its last kept step and comes to the same bytes.
 */
final class Pretraining {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REPORT = "pretraining.json";

  /** Hears of every step, before it is kept. */
  @FunctionalInterface
  interface Listener {
    /**
     * Called behind every step.
     *
     * @param done steps that are done, this one included
     * @param losses what this step came to
     */
    void step(int done, Training.Losses losses);
  }

  private final Recipe recipe;
  private final World world;
  private final Path out;
  private final TrainingState state;
  private final int keepEvery;

  /**
   * Prepares a training; nothing is written yet.
   *
   * @param out folder of the finished model; must not exist
   * @param keepEvery steps from one kept state to the next
   */
  Pretraining(Recipe recipe, Path out, int keepEvery) {
    this.recipe = recipe;
    this.world = new World(recipe.text().worldSeed(), recipe.text().people());
    this.out = out.toAbsolutePath().normalize();
    this.state = new TrainingState(this.out.resolveSibling(this.out.getFileName() + ".training"));
    this.keepEvery = keepEvery;
  }

  /** Folder of the unfinished training. */
  Path stateFolder() {
    return state.folder();
  }

  /**
   * Trains, and measures the finished model.
   *
   * @param resume whether to go on from the last kept step
   * @throws InputException when there is nothing to go on from, or something that would be lost
   */
  Recall run(boolean resume, Listener listener) {
    if (Files.exists(out)) {
      throw new InputException(out + ": exists already; choose a new folder");
    }
    TrainingState.Kept kept = resume ? resumed() : begun();
    try (Checkpoint checkpoint = Checkpoint.open(kept.folder());
        Tokenizer tokenizer = Tokenizer.open(kept.folder());
        Training training = new Training(recipe, checkpoint, objects(tokenizer))) {
      train(training, tokenizer, kept.steps(), listener);
      return finish(training);
    }
  }

  private TrainingState.Kept begun() {
    if (state.latest().isPresent()) {
      throw new InputException(
          state.folder()
              + ": an unfinished training lies here; go on with --resume or delete the folder");
    }
    return state.keep(
        recipe,
        0,
        FamilyFiles.weights(recipe.shape(), recipe.experts(), recipe.start()),
        tokenizerFiles());
  }

  private TrainingState.Kept resumed() {
    TrainingState.Kept kept =
        state
            .latest()
            .orElseThrow(
                () ->
                    new InputException(
                        state.folder() + ": no unfinished training; begin one without --resume"));
    state.requireSame(recipe, kept);
    return kept;
  }

  private void train(Training training, Tokenizer tokenizer, int done, Listener listener) {
    PackedText text = new PackedText(world, tokenizer, recipe.text().length());
    for (int step = 0; step < recipe.steps(); step++) {
      var rows = text.next(recipe.text().rows());
      if (step < done) {
        continue;
      }
      Training.Losses losses = training.step(step, rows);
      if (!Double.isFinite(losses.loss()) || !Double.isFinite(losses.gradientNorm())) {
        throw new InputException(
            "the loss is no number any more in step %d; choose a smaller --learning-rate than %s"
                .formatted(step + 1, recipe.optimiser().rate()));
      }
      listener.step(step + 1, losses);
      if ((step + 1) % keepEvery == 0 || step + 1 == recipe.steps()) {
        state.keep(recipe, step + 1, training.state(), tokenizerFiles());
      }
    }
  }

  /** Measures what is shipped: the weights as they are rounded. */
  private Recall finish(Training training) {
    Path finished = state.folder().resolve("finished");
    Map<String, byte[]> files = new TreeMap<>(tokenizerFiles());
    files.put("generation_config.json", bytes(FamilyFiles.generation()));
    try {
      StorageFiles.deleteTree(finished);
      CheckpointWriter.create(
          finished,
          FamilyFiles.config(recipe.shape(), recipe.experts()),
          training.weights(Dtype.BF16),
          files,
          CheckpointWriter.DEFAULT_SHARD_BYTES);
      Recall recall;
      ExpertLoad load;
      try (Checkpoint checkpoint = Checkpoint.open(finished);
          Tokenizer tokenizer = Tokenizer.open(finished);
          Decoder decoder = Decoder.open(checkpoint, Compute.CPU)) {
        recall = Recall.of(decoder, tokenizer, world);
        load =
            recipe.experts() == null
                ? null
                : ExpertLoad.of(decoder, tokenizer, world, recipe.text());
      }
      StorageFiles.write(finished.resolve(REPORT), bytes(report(recall, load)));
      Files.move(finished, out, StandardCopyOption.ATOMIC_MOVE);
      StorageFiles.syncDirectory(out.getParent());
      state.delete();
      return recall;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private JsonNode report(Recall recall, ExpertLoad load) {
    ObjectNode report = JSON.createObjectNode();
    report.put("seed", recipe.start().seed()).put("steps", recipe.steps());
    report.put("facts", recall.facts()).put("recall", recall.share());
    report.put("recallInAllPhrasings", recall.inAll());
    report.set("recallByPhrasing", JSON.valueToTree(recall.phrasings()));
    if (load != null) {
      report.set("experts", JSON.valueToTree(load));
    }
    report.set("recipe", JSON.valueToTree(recipe));
    return report;
  }

  private Map<String, byte[]> tokenizerFiles() {
    return Map.of(
        "tokenizer.json",
        bytes(WorldTokenizer.tokenizer(world, recipe.shape().vocabulary())),
        "tokenizer_config.json",
        bytes(WorldTokenizer.configuration(recipe.shape().context())));
  }

  private static byte[] bytes(JsonNode content) {
    try {
      String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(content);
      return (text + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int[][] objects(Tokenizer tokenizer) {
    return world.people().stream()
        .map(Person::objects)
        .map(names -> names.stream().mapToInt(name -> tokenizer.encode(" " + name)[0]).toArray())
        .toArray(int[][]::new);
  }
}
