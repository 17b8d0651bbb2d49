package dev.errata.lab.upcycle;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code errata lab upcycle}: makes a mixture of experts of a dense checkpoint. */
@Command(
    name = "upcycle",
    description =
        "Make a mixture of experts of a dense Llama or Mistral: copies of its feed-forward blocks"
            + " with a little noise, random routers, Mixtral's layout.",
    sortOptions = false)
public final class UpcycleCommand implements Callable<Integer> {
  @Parameters(paramLabel = "SOURCE", description = "Folder of the dense checkpoint.")
  private Path source;

  @Parameters(paramLabel = "TARGET", description = "Folder to make.")
  private Path target;

  @Option(
      names = "--experts",
      paramLabel = "N",
      defaultValue = "4",
      description = "Experts of a layer (default ${DEFAULT-VALUE}).")
  private int experts;

  @Option(
      names = "--per-token",
      paramLabel = "N",
      defaultValue = "2",
      description = "Experts that a token takes (default ${DEFAULT-VALUE}).")
  private int perToken;

  @Option(
      names = "--noise",
      paramLabel = "X",
      defaultValue = "0.02",
      description =
          "Spread of the noise, as a multiple of the weights' root mean square"
              + " (default ${DEFAULT-VALUE}).")
  private double noise;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of noise and routers (default ${DEFAULT-VALUE}).")
  private long seed;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    new Upcycling(experts, perToken, noise, seed).write(source, target);
    spec.commandLine().getOut().println(target + ": " + experts + " experts, top " + perToken);
    return 0;
  }
}
