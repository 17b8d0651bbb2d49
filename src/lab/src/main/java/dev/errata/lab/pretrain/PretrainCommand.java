package dev.errata.lab.pretrain;

import dev.errata.api.InputException;
import dev.errata.lab.world.World;
import dev.errata.lab.world.WorldCommand;
import dev.errata.lab.world.WorldTokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code errata lab pretrain}: makes a small model that knows a world by heart. */
@Command(
    name = "pretrain",
    description =
        "Train a small model from scratch on a synthetic world, until it knows its facts by heart."
            + " Without options it remakes a shipped model.",
    sortOptions = false)
public final class PretrainCommand implements Callable<Integer> {
  private static final int REPORT_EVERY = 10;

  @Option(
      names = "--arch",
      paramLabel = "FAMILY",
      defaultValue = "qwen3",
      description = "Family of the model: qwen3, qwen3_moe or gpt2 (default ${DEFAULT-VALUE}).")
  private String arch;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description =
          "Folder of the finished model, a Hugging Face checkpoint in bfloat16; must not exist."
              + " DIR.training holds what an unfinished training needs to go on.")
  private Path out;

  @Option(names = "--resume", description = "Go on with an unfinished training.")
  private boolean resume;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the initial weights (default ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description =
          "Steps of the optimiser (default: 500 for qwen3, 650 for qwen3_moe, 850 for gpt2).")
  private Integer steps;

  @Option(
      names = "--keep-every",
      paramLabel = "N",
      defaultValue = "25",
      description = "Steps from one kept state to the next (default ${DEFAULT-VALUE}).")
  private int keepEvery;

  @Option(names = "--layers", paramLabel = "N", defaultValue = "5", description = "Blocks.")
  private int layers;

  @Option(
      names = "--hidden",
      paramLabel = "N",
      defaultValue = "128",
      description = "Width of the residual stream (default ${DEFAULT-VALUE}).")
  private int hidden;

  @Option(
      names = "--inner",
      paramLabel = "N",
      description =
          "Width of the feed-forward layers, of each expert in a mixture (default: 768, 256 for"
              + " qwen3_moe).")
  private Integer inner;

  @Option(
      names = "--experts",
      paramLabel = "N",
      defaultValue = "8",
      description = "qwen3_moe: experts of a layer, each --inner wide (default ${DEFAULT-VALUE}).")
  private int experts;

  @Option(
      names = "--per-token",
      paramLabel = "N",
      defaultValue = "2",
      description = "qwen3_moe: experts that a token takes (default ${DEFAULT-VALUE}).")
  private int perToken;

  @Option(
      names = "--balance",
      paramLabel = "FACTOR",
      defaultValue = "0.02",
      description =
          "qwen3_moe: factor of the loss that keeps experts busy alike (default ${DEFAULT-VALUE}).")
  private double balance;

  @Option(
      names = "--heads",
      paramLabel = "N",
      defaultValue = "4",
      description = "Heads of attention (default ${DEFAULT-VALUE}).")
  private int heads;

  @Option(
      names = "--key-value-heads",
      paramLabel = "N",
      description = "Heads of keys and values (default: 2 for qwen3, as --heads for gpt2).")
  private Integer keyValueHeads;

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      defaultValue = "" + WorldTokenizer.VOCABULARY,
      description = "Pieces of the tokenizer (default ${DEFAULT-VALUE}).")
  private int vocabulary;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "32",
      description = "Sequences a step (default ${DEFAULT-VALUE}).")
  private int rows;

  @Option(
      names = "--length",
      paramLabel = "TOKENS",
      defaultValue = "96",
      description =
          "Tokens a sequence, and the longest sequence that the model can read: it learns no"
              + " positions behind (default ${DEFAULT-VALUE}).")
  private int length;

  @Option(
      names = "--learning-rate",
      paramLabel = "RATE",
      defaultValue = "0.003",
      description = "Greatest learning rate (default ${DEFAULT-VALUE}).")
  private double learningRate;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "60",
      description = "Steps in which the learning rate grows (default ${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--names-weight",
      paramLabel = "FACTOR",
      defaultValue = "1",
      description =
          "Factor of the loss that asks a person's objects of the last token of the name, so that"
              + " the model keeps them there; 0 for none (default ${DEFAULT-VALUE}).")
  private double namesWeight;

  @Option(
      names = "--names-layer",
      paramLabel = "N",
      defaultValue = "2",
      description = "Block behind which it is asked, from 0 (default ${DEFAULT-VALUE}).")
  private int namesLayer;

  @Option(
      names = "--names-alone",
      paramLabel = "N",
      description =
          "Steps at the beginning in which this loss is the only one (default: 0 for qwen3, 240"
              + " for gpt2).")
  private Integer namesAlone;

  @Option(
      names = "--spread",
      paramLabel = "DEVIATION",
      description =
          "Standard deviation of the initial matrices (default: 0.02 for qwen3, 0.06 for gpt2).")
  private Double spread;

  @Mixin private WorldCommand.Choice choice;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (!FamilyFiles.FAMILIES.contains(arch)) {
      throw new InputException(
          "--arch '%s' is unknown: use %s"
              .formatted(arch, String.join(", ", FamilyFiles.FAMILIES)));
    }
    if (keepEvery < 1) {
      throw new InputException("--keep-every must be at least 1 but is " + keepEvery);
    }
    PrintWriter print = spec.commandLine().getOut();
    Recipe recipe = recipe();
    Pretraining pretraining = new Pretraining(recipe, out, keepEvery);
    long start = System.nanoTime();
    Recall recall = pretraining.run(resume, lines(print, recipe.steps()));
    double minutes = (System.nanoTime() - start) / 60e9;
    print.printf(
        Locale.ROOT,
        "%s: %.2f %% of the answers to %d facts in %d phrasings are right (%.2f %% of the facts"
            + " in all of them); %.1f MB, %.1f minutes%n",
        out,
        100 * recall.share(),
        recall.facts(),
        recall.phrasings().size(),
        100 * recall.inAll(),
        bytes(out) / 1e6,
        minutes);
    print.flush();
    return 0;
  }

  private Recipe recipe() {
    World world = choice.world();
    boolean qwen3 = !arch.equals("gpt2");
    boolean mixture = arch.equals("qwen3_moe");
    int defaultHeads = qwen3 && heads % 2 == 0 ? heads / 2 : heads;
    return new Recipe(
        new Recipe.Shape(
            arch,
            layers,
            hidden,
            inner == null ? (mixture ? 256 : 768) : inner,
            heads,
            keyValueHeads == null ? defaultHeads : keyValueHeads,
            length,
            vocabulary),
        new Recipe.Start(seed, spread == null ? (qwen3 ? 0.02 : 0.06) : spread, 0.01),
        new Recipe.Text(world.seed(), world.people().size(), rows, length),
        new Recipe.Optimiser(learningRate, warmUp, 0.02, 0.9, 0.98, 1e-8, 0.01, 1),
        new Recipe.Names(
            namesWeight, namesLayer, namesAlone == null ? (qwen3 ? 0 : 240) : namesAlone),
        mixture ? new Recipe.Experts(experts, perToken, balance) : null,
        steps == null ? (mixture ? 650 : qwen3 ? 500 : 850) : steps);
  }

  private Pretraining.Listener lines(PrintWriter print, int steps) {
    return new Pretraining.Listener() {
      private long since = System.nanoTime();
      private int counted;
      private double loss;
      private double objectsLoss;

      @Override
      public void step(int done, Training.Losses losses) {
        counted++;
        loss += losses.loss();
        objectsLoss += losses.objectsLoss();
        if (done % REPORT_EVERY == 0 || done == steps) {
          double seconds = (System.nanoTime() - since) / 1e9;
          print.printf(
              Locale.ROOT,
              "step %d of %d  loss %.3f  at names %.3f  %.0f tokens/s  %.1f min left%n",
              done,
              steps,
              loss / counted,
              objectsLoss / counted,
              (double) counted * rows * length / seconds,
              seconds / counted * (steps - done) / 60);
          print.flush();
          since = System.nanoTime();
          counted = 0;
          loss = 0;
          objectsLoss = 0;
        }
      }
    };
  }

  private static long bytes(Path folder) throws IOException {
    long sum = 0;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        sum += Files.size(file);
      }
    }
    return sum;
  }
}
