package dev.errata.worker;

import dev.errata.api.InputException;
import dev.errata.api.Locations;
import dev.errata.editing.checkpoint.RemoteFiles;
import dev.errata.editing.checkpoint.store.ConflictException;
import dev.errata.editing.pipeline.DeadlineException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The command line {@code errata}. */
@Command(
    name = "errata",
    description = "Corrects facts inside language models without retraining.",
    mixinStandardHelpOptions = true,
    versionProvider = Errata.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DemoCommand.class,
      ImportCommand.class,
      RunCommand.class,
      ModelsCommand.class,
      VersionsCommand.class,
      ShowCommand.class,
      DiffCommand.class,
      AskCommand.class,
      EvalCommand.class,
      LocateCommand.class,
      RoutingCommand.class,
      ExportCommand.class,
      PromoteCommand.class,
      VerifyCommand.class,
      GcCommand.class,
      DoctorCommand.class,
      WatchCommand.class,
      StageCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:a fault of the program",
      "2:bad input; nothing was written",
      "3:a gate was missed; the version is stored as Rejected",
      "4:conflict with what is stored or running",
      "130:interrupted or out of time; the same command goes on where it was"
    },
    footer = {
      "",
      "A version is written NAME@vN, NAME@current, NAME@latest or NAME@base.",
      "The lab has a command line of its own: errata lab --help"
    })
public final class Errata implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private Settings settings;

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    AtomicBoolean finished = new AtomicBoolean();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  if (!finished.get()) {
                    System.err.println("\nerrata: interrupted; the same command goes on from here");
                  }
                }));
    int code = commandLine().execute(args);
    finished.set(true);
    System.exit(code);
  }

  /** The command line with all its commands. */
  static CommandLine commandLine() {
    RemoteFiles.configure(System.getenv());
    CommandLine line = new CommandLine(new Errata());
    line.registerConverter(Path.class, Locations::path);
    line.setExecutionExceptionHandler(Errata::explain);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    return line;
  }

  Settings settings() {
    return settings;
  }

  private static int explain(Exception error, CommandLine command, CommandLine.ParseResult parsed) {
    CommandLine root = command;
    while (root.getParent() != null) {
      root = root.getParent();
    }
    Errata errata = root.getCommand();
    PrintWriter err = command.getErr();
    boolean mendable = error instanceof InputException;
    String message = mendable ? error.getMessage() : "unexpected: " + error;
    err.println("errata: " + message);
    if (errata.settings.debug()) {
      error.printStackTrace(err);
    } else if (!mendable) {
      err.println("errata: this is a fault of the program; --debug shows where");
    }
    err.flush();
    if (error instanceof DeadlineException) {
      return ExitCode.INTERRUPTED;
    }
    if (error instanceof ConflictException) {
      return ExitCode.CONFLICT;
    }
    return mendable ? ExitCode.INPUT : ExitCode.FAULT;
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
