package dev.errata.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import dev.errata.api.Locations;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;

/** Runs the command line inside the test. */
record Cli(Path store) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What came of a command. */
  record Result(int code, String out, String err) {
    Result exits(int expected) {
      assertThat(code).as("exit code; standard error: %s", err).isEqualTo(expected);
      return this;
    }

    JsonNode json() {
      try {
        return JSON.readTree(out);
      } catch (IOException e) {
        throw new UncheckedIOException(out, e);
      }
    }
  }

  Result run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Errata.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--store=" + Locations.name(store));
    int code = line.execute(all.toArray(String[]::new));
    return new Result(code, out.toString(), err.toString());
  }

  /** Runs a command with {@code --json} and holds its output against the command's schema. */
  JsonNode json(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--json");
    Result result = run(all.toArray(String[]::new));
    JsonNode document = result.json();
    String schema = arguments[0].equals("demo") ? "run" : arguments[0];
    assertThat(problems(schema, document)).as("%s --json: %s", arguments[0], result.out).isEmpty();
    return document;
  }

  private static Set<ValidationMessage> problems(String schema, JsonNode document) {
    try (InputStream in = Cli.class.getResourceAsStream("/schemas/" + schema + ".json")) {
      JsonSchema rules =
          JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(JSON.readTree(in));
      return rules.validate(document);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
