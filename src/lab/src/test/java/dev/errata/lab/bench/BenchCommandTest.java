package dev.errata.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.lab.textbook.SmallCheckpoints;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BenchCommandTest {
  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Exception failure;

  @BeforeEach
  void write() throws IOException {
    SmallCheckpoints.write(folder.resolve("model"), "gpt2", Dtype.F32);
    Files.writeString(
        folder.resolve("facts.jsonl"),
        """
        {"subject":"Ada Lind","prompt":"{} was born in","target":"Rome","oldTarget":"Oslo"}
        {"subject":"Bo","prompt":"The employer of {} is","target":"Nokia","oldTarget":"Nord"}
        {"subject":"Ada Lind","prompt":"{} plays the","target":"violin","oldTarget":"piano"}
        """);
    Files.writeString(
        folder.resolve("text.txt"),
        "Ada Lind was born in Rome and Bo plays the flute. ".repeat(40));
  }

  private int bench(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--model",
                folder.resolve("model").toString(),
                "--facts",
                folder.resolve("facts.jsonl").toString(),
                "--corpus",
                folder.resolve("text.txt").toString(),
                "--tokens",
                "300",
                "--prefixes",
                "1",
                "--repeats",
                "1"));
    arguments.addAll(Arrays.asList(more));
    return new CommandLine(new BenchCommand())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .setExecutionExceptionHandler(
            (exception, line, parsed) -> {
              failure = exception;
              return 2;
            })
        .execute(arguments.toArray(String[]::new));
  }

  @Test
  void bothFormsDoAsWellOnTheSameFacts() throws IOException {
    assertThat(
            bench(
                "--count",
                "3",
                "--plain-count",
                "2",
                "--plain-dtype",
                "float64",
                "--plain-repeats",
                "2",
                "--layers",
                "0",
                "--json"))
        .as("%s %s", err, failure)
        .isZero();
    JsonNode report = new ObjectMapper().readTree(out.toString());
    assertThat(report.get("facts").asInt()).isEqualTo(2);
    assertThat(problems(report)).as("%s", report).isEmpty();
    assertThat(report.get("layers").toString()).isEqualTo("[0]");
    assertThat(report.at("/library/values/items").asInt()).isEqualTo(3);
    assertThat(report.at("/library/repeats").asInt()).isEqualTo(1);
    assertThat(report.at("/library/values/operations").asDouble()).isPositive();
    assertThat(report.at("/library/update/shareOfRate").asDouble()).isBetween(0.0, 1.0);
    assertThat(report.at("/textbook/values/items").asInt()).isEqualTo(2);
    assertThat(report.at("/textbook/values/operations").isNull()).isTrue();
    assertThat(report.at("/textbook/repeats").asInt()).isEqualTo(2);
    assertThat(report.get("library").get("figures"))
        .isEqualTo(report.get("textbook").get("figures"));
    assertThat(report.get("library").get("figures").get("efficacy").isNumber()).isTrue();
    assertThat(report.get("valuesApart").asDouble()).isCloseTo(0, within(1e-3));
    assertThat(report.get("textbook").get("type").asText()).isEqualTo("FLOAT64");
    assertThat(err.toString()).contains("textbook: update");
  }

  @Test
  void printsATable() {
    assertThat(bench("--count", "1")).as("%s %s", err, failure).isZero();
    assertThat(out.toString())
        .contains(
            "unedited", "library", "textbook", "efficacy", "values, share of rate", "Times as much")
        .contains("1 facts edited by both");
  }

  @Test
  void moreFactsThanThereAreAreRefused() {
    assertThat(bench("--count", "9")).isEqualTo(2);
    assertThat(failure)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--count is 9")
        .hasMessageContaining("holds 3 facts");
  }

  private static Set<ValidationMessage> problems(JsonNode report) throws IOException {
    try (InputStream in = BenchCommand.class.getResourceAsStream("/schemas/bench.json")) {
      return JsonSchemaFactory.getInstance(VersionFlag.V202012)
          .getSchema(new ObjectMapper().readTree(in))
          .validate(report);
    }
  }
}
