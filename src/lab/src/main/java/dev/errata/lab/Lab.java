package dev.errata.lab;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line {@code errata lab}. */
@Command(
    name = "errata lab",
    description = "Synthetic worlds of facts, small models pretrained on them, and benchmarks.",
    mixinStandardHelpOptions = true,
    versionProvider = Lab.Version.class)
public final class Lab implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The command line with all its commands. */
  static CommandLine commandLine() {
    return new CommandLine(new Lab());
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
