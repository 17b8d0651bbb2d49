package dev.errata.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.lab.textbook.SmallCheckpoints;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DescentBenchTest {
  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private Exception failure;

  private int bench(String family, String... more) throws IOException {
    SmallCheckpoints.write(folder.resolve("model"), family, Dtype.F32);
    Files.writeString(
        folder.resolve("facts.jsonl"),
        """
        {"subject":"Ada Lind","prompt":"{} was born in","target":"Rome","oldTarget":"Oslo"}
        {"subject":"Bo","prompt":"The employer of {} is","target":"Nokia","oldTarget":"Nord"}
        """);
    Files.writeString(
        folder.resolve("text.txt"),
        "Ada Lind was born in Rome and Bo plays the flute. ".repeat(40));
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "descent",
                "--model=" + folder.resolve("model"),
                "--facts=" + folder.resolve("facts.jsonl"),
                "--corpus=" + folder.resolve("text.txt"),
                "--count=2",
                "--tokens=300",
                "--prefixes=1"));
    arguments.addAll(List.of(more));
    return new CommandLine(new BenchCommand())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(new StringWriter()))
        .setExecutionExceptionHandler(
            (exception, line, parsed) -> {
              failure = exception;
              return 2;
            })
        .execute(arguments.toArray(String[]::new));
  }

  @Test
  void descentIsNowhereBelowTheClosedForm() throws IOException {
    assertThat(bench("qwen3_moe", "--layers=0,1", "--passes=1", "--json"))
        .as("%s", failure)
        .isZero();
    JsonNode report = new ObjectMapper().readTree(out.toString());
    assertThat(report.get("gaps")).hasSize(2);
    for (JsonNode gap : report.get("gaps")) {
      double exact = gap.get("exact").asDouble();
      assertThat(exact).isPositive();
      assertThat(gap.get("descent").asDouble()).isGreaterThanOrEqualTo(exact * (1 - 1e-12));
    }
    assertThat(report.at("/gaps/0/descent").asDouble())
        .isGreaterThan(report.at("/gaps/0/exact").asDouble());
    assertThat(report.at("/exact/figures/efficacy").isNumber()).isTrue();
    assertThat(report.at("/descent/figures/efficacy").isNumber()).isTrue();
    assertThat(report.at("/lambda").asDouble()).isPositive();
  }

  @Test
  void manyPassesEditAsTheClosedFormDoes() throws IOException {
    assertThat(bench("qwen3_moe", "--layers=0", "--passes=200", "--json"))
        .as("%s", failure)
        .isZero();
    JsonNode report = new ObjectMapper().readTree(out.toString());
    assertThat(report.at("/gaps/0/descent").asDouble())
        .isCloseTo(report.at("/gaps/0/exact").asDouble(), withPercentage(1e-4));
    assertThat(report.at("/descent/figures")).isEqualTo(report.at("/exact/figures"));
  }

  @Test
  void aModelWithoutExpertsIsRefused() throws IOException {
    assertThat(bench("gpt2", "--layers=0")).isEqualTo(2);
    assertThat(failure)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none of the edited layers [0] is a mixture of experts");
  }

  @Test
  void printsATable() throws IOException {
    assertThat(bench("qwen3_moe", "--layers=0")).as("%s", failure).isZero();
    assertThat(out.toString())
        .contains("closed form", "descent", "exact match", "objective, layer 0");
  }
}
