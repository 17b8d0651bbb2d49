package dev.errata.worker;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.errata.editing.checkpoint.store.VersionStore;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/**
 * A command that reports: one JSON document on standard output with {@code --json}, text for people
 * there without; everything else goes to standard error.
 */
abstract class Reporting implements Callable<Integer> {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(JsonInclude.Include.ALWAYS, JsonInclude.Include.ALWAYS))
          .build();

  @ParentCommand private Errata errata;
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(names = "--json", description = "Writes the result as one JSON document.")
  private boolean json;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  /** The options of the program. */
  Settings settings() {
    return errata.settings();
  }

  /** The store that the options name. */
  VersionStore store() {
    return settings().store();
  }

  /** Whether the result is to be a JSON document. */
  boolean json() {
    return json;
  }

  /** Where notes go. */
  PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** Where the result goes. */
  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** A progress listener on standard error; the caller closes it. */
  TerminalProgress progress() {
    return TerminalProgress.of(err());
  }

  /**
   * Writes the result.
   *
   * @param document the whole result
   * @param text writes it for people
   */
  void report(Object document, Consumer<PrintWriter> text) {
    PrintWriter out = out();
    if (json) {
      out.println(toJson(document));
    } else {
      text.accept(out);
    }
    out.flush();
  }

  static String toJson(Object document) {
    try {
      return JSON.writeValueAsString(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report that cannot be written as JSON", e);
    }
  }
}
