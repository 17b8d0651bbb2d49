package dev.errata.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** Writes {@code docs/reference/commands.md} and holds the committed one to the commands. */
class CommandReferenceTest {
  private static final String MEND =
      "the reference is behind the code: run mvn -pl worker -am test -Dtest=CommandReferenceTest"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Derrata.docs.write=true and commit docs/";
  private static final Path FILE = Path.of("../docs/reference/commands.md");

  @Test
  void theCommandsAreDescribedAsTheyAre() throws IOException {
    CommandLine root = Errata.commandLine();
    var text =
        new StringBuilder(
            """
            # Commands

            Generated from the code: what `errata COMMAND --help` says.

            ## Exit codes

            | exit code | meaning |
            |---|---|
            """);
    root.getCommandSpec()
        .usageMessage()
        .exitCodeList()
        .forEach((code, meaning) -> text.append("| " + code + " | " + meaning + " |\n"));
    add(root, text);
    for (Map.Entry<String, CommandLine> command : root.getSubcommands().entrySet()) {
      add(command.getValue(), text);
    }
    if (Boolean.getBoolean("errata.docs.write")) {
      Files.createDirectories(FILE.getParent());
      Files.writeString(FILE, text);
    }
    assertThat(FILE).as(MEND).hasContent(text.toString());
  }

  private static void add(CommandLine command, StringBuilder text) {
    command.getCommandSpec().usageMessage().width(100);
    text.append("\n## ")
        .append(command.getCommandSpec().qualifiedName())
        .append("\n\n```\n")
        .append(command.getUsageMessage(Ansi.OFF).stripTrailing())
        .append("\n```\n");
  }
}
