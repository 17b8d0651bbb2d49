package dev.errata.lab.sequential;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SequentialCommandTest {
  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Exception failure;

  @BeforeEach
  void write() throws IOException {
    SmallCheckpoints.write(folder.resolve("model"), "qwen3_moe", Dtype.F32);
    Files.writeString(
        folder.resolve("facts.jsonl"),
        """
        {"subject":"Ada Lind","prompt":"{} was born in","target":"Rome","oldTarget":"Oslo"}
        {"subject":"Bo","prompt":"The employer of {} is","target":"Nokia","oldTarget":"Nord"}
        {"subject":"Cleo Dam","prompt":"{} plays the","target":"violin","oldTarget":"piano"}
        {"subject":"Dee Quist","prompt":"{} speaks","target":"Greek","oldTarget":"Thai"}
        """);
    Files.writeString(
        folder.resolve("text.txt"),
        "Ada Lind was born in Rome and Bo plays the flute. ".repeat(40));
  }

  private int sequential(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--model=" + folder.resolve("model"),
                "--facts=" + folder.resolve("facts.jsonl"),
                "--corpus=" + folder.resolve("text.txt"),
                "--text=" + folder.resolve("text.txt"),
                "--tokens=300"));
    arguments.addAll(List.of(more));
    return new CommandLine(new SequentialCommand())
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
  void theLastVersionIsMeasuredOnTheFactsOfAllJobs() throws IOException {
    Path store = folder.resolve("store");
    int code =
        sequential(
            "--count=4",
            "--jobs=2",
            "--variants=MEMIT,MEMITForgetting",
            "--json",
            "--store=" + store);
    assertThat(code).as("%s %s", err, failure).isZero();
    JsonNode report = new ObjectMapper().readTree(out.toString());
    assertThat(report.get("before").get("counts").get("facts").asInt()).isEqualTo(4);
    assertThat(report.get("variants")).hasSize(2);
    for (JsonNode variant : report.get("variants")) {
      assertThat(variant.get("after").get("counts").get("facts").asInt()).isEqualTo(4);
      assertThat(variant.get("firstJob").get("counts").get("facts").asInt()).isEqualTo(2);
      assertThat(variant.get("after").get("routingOverlap").isNumber()).isTrue();
      assertThat(variant.get("routing").get(0).get("layer").asInt()).isEqualTo(1);
      assertThat(variant.get("jobs").findValuesAsText("version")).containsExactly("v1", "v2");
      JsonNode first = variant.get("jobs").get(0);
      assertThat(first.get("own")).isEqualTo(first.get("soFar"));
    }
    assertThat(store.resolve("models/memit/versions/v2")).isDirectory();
    assertThat(store.resolve("models/memitforgetting/versions/v2")).isDirectory();
  }

  @Test
  void jobsMustShareTheFactsEvenly() {
    assertThat(sequential("--count=4", "--jobs=3")).isEqualTo(2);
    assertThat(failure)
        .isInstanceOf(InputException.class)
        .hasMessage("4 facts do not make --jobs 3 of one size");
    assertThat(sequential("--count=5")).isEqualTo(2);
    assertThat(failure).hasMessageContaining("--count is 5").hasMessageContaining("holds 4 facts");
  }
}
