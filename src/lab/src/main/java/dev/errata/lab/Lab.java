package dev.errata.lab;

import dev.errata.api.InputException;
import dev.errata.lab.bench.BenchCommand;
import dev.errata.lab.pretrain.PretrainCommand;
import dev.errata.lab.random.RandomCommand;
import dev.errata.lab.sequential.SequentialCommand;
import dev.errata.lab.upcycle.UpcycleCommand;
import dev.errata.lab.world.WorldCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line {@code errata lab}. */
@Command(
    name = "errata lab",
    description = "Synthetic worlds of facts, small models pretrained on them, and benchmarks.",
    mixinStandardHelpOptions = true,
    versionProvider = Lab.Version.class,
    subcommands = {
      WorldCommand.class,
      PretrainCommand.class,
      UpcycleCommand.class,
      RandomCommand.class,
      BenchCommand.class,
      SequentialCommand.class
    })
public final class Lab implements Runnable {
  private static final int BAD_INPUT = 2;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The command line with all its commands. */
  static CommandLine commandLine() {
    return new CommandLine(new Lab())
        .setExecutionExceptionHandler(
            (failure, line, parsed) -> {
              if (failure instanceof InputException) {
                line.getErr().println(failure.getMessage());
                return BAD_INPUT;
              }
              throw failure;
            });
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** Reads the version that the build wrote into the jar's manifest. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Lab.class.getPackage().getImplementationVersion();
      return new String[] {"errata lab " + (version == null ? "(not packaged)" : version)};
    }
  }
}
