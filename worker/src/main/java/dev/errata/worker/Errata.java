package dev.errata.worker;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line {@code errata}. */
@Command(
    name = "errata",
    description = "Corrects facts inside language models without retraining.",
    mixinStandardHelpOptions = true,
    versionProvider = Errata.Version.class,
    footer = {"", "The lab has a command line of its own: errata lab --help"})
public final class Errata implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The command line with all its commands. */
  static CommandLine commandLine() {
    return new CommandLine(new Errata());
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** Reads the version that the build wrote into the jar's manifest. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Errata.class.getPackage().getImplementationVersion();
      return new String[] {"errata " + (version == null ? "(not packaged)" : version)};
    }
  }
}
