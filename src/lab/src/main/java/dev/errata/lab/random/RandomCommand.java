package dev.errata.lab.random;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code errata lab random}: a checkpoint of random weights in the shape of Llama 3.2 1B. */
@Command(
    name = "random",
    description =
        "Write a checkpoint of random bfloat16 weights in the shape of Llama 3.2 1B, to measure"
            + " memory and time with.",
    sortOptions = false)
public final class RandomCommand implements Callable<Integer> {
  @Parameters(paramLabel = "TARGET", description = "Folder to make.")
  private Path target;

  @Option(
      names = "--tokenizer",
      paramLabel = "DIR",
      required = true,
      description = "Folder with tokenizer.json and tokenizer_config.json.")
  private Path tokenizer;

  @Option(
      names = "--layers",
      paramLabel = "N",
      defaultValue = "16",
      description = "Layers (default ${DEFAULT-VALUE}).")
  private int layers;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the weights (default ${DEFAULT-VALUE}).")
  private long seed;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    RandomCheckpoint shape = RandomCheckpoint.LLAMA_1B;
    new RandomCheckpoint(
            layers,
            shape.hidden(),
            shape.inner(),
            shape.heads(),
            shape.keyValueHeads(),
            shape.vocabulary())
        .write(target, tokenizer, seed);
    spec.commandLine().getOut().println(target + ": " + layers + " layers of random weights");
    return 0;
  }
}
