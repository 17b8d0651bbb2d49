package dev.errata.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandsTest {
  @TempDir private static Path folder;
  private static Cli cli;

  @BeforeAll
  static void publish() throws IOException {
    cli = new Cli(folder.resolve("store"));
    Path source = TinyCheckpoint.write(folder.resolve("tiny"));
    JsonNode imported = cli.json("import", "tiny", source.toString());
    assertThat(imported.path("version").asText()).isEqualTo("v0");
    cli.run("run", "-f", Manifest.job(folder).toString()).exits(0);
  }

  @Test
  void modelsAndVersionsAreListed() {
    JsonNode model = cli.json("models").path("models").get(0);
    assertThat(model.path("name").asText()).isEqualTo("tiny");
    assertThat(model.path("current").asText()).isEqualTo("v1");
    assertThat(cli.run("models").exits(0).out()).contains("tiny   v1              2");
    assertThat(cli.json("versions", "tiny").path("versions")).hasSize(2);
    assertThat(cli.run("versions", "tiny").exits(0).out()).contains("MEMIT", "current");
  }

  @Test
  void aVersionIsShown() {
    JsonNode shown = cli.json("show", "tiny@v1");
    assertThat(shown.path("manifest").path("method").asText()).isEqualTo("MEMIT");
    assertThat(shown.path("report").path("state").asText()).isEqualTo("Published");
    assertThat(cli.run("show", "tiny@v1").exits(0).out()).contains("exact match", "layer 1");
    assertThat(cli.run("show", "tiny@v0").exits(0).out()).contains("imported; no edits");
  }

  @Test
  void theDifferenceOfTwoVersionsIsTold() {
    JsonNode diff = cli.json("diff", "tiny@v0", "tiny@v1");
    assertThat(diff.path("tensors")).hasSize(2);
    assertThat(diff.path("added").get(0).path("facts")).hasSize(4);
    assertThat(cli.run("diff", "tiny@v0", "tiny@v1").exits(0).out())
        .contains("model.layers.0.mlp.down_proj.weight", "+ The job of Dora Fin → capital");
  }

  @Test
  void bothVersionsAreAsked() {
    JsonNode asked =
        cli.json("ask", "tiny@v1", "The job of Dora Fin", "--compare", "v0", "--tokens", "5");
    assertThat(asked.path("answers").get(0).path("version").asText()).isEqualTo("v0");
    assertThat(asked.path("answers").get(1).path("text").asText()).startsWith(" capital");
    assertThat(cli.run("ask", "tiny", "The job of Dora Fin").exits(0).out())
        .startsWith("The job of Dora Fin capital");
  }

  @Test
  void aVersionIsMeasuredOnFacts() {
    String facts = folder.resolve("facts.jsonl").toString();
    JsonNode after = cli.json("eval", "tiny@v1", "--facts", facts, "--format", "Jsonl");
    assertThat(after.path("verified").asInt()).isEqualTo(4);
    assertThat(cli.json("eval", "tiny@v0", "--facts", facts).path("failed")).hasSize(4);
  }

  @Test
  void factsAreLocated() throws IOException {
    String facts = folder.resolve("facts.jsonl").toString();
    Path out = folder.resolve("located");
    JsonNode trace =
        cli.json("locate", "tiny@v0", "--facts", facts, "--out", out.toString(), "--samples", "2");
    // The model says the old target of neither of the two facts that name one.
    assertThat(trace.path("facts").asInt()).isEqualTo(2);
    assertThat(trace.path("unknown").toString()).isEqualTo("[1,3]");
    assertThat(trace.path("layers")).hasSize(TinyCheckpoint.LAYERS);
    assertThat(new ObjectMapper().readTree(out.resolve("trace.json").toFile())).isEqualTo(trace);
    assertThat(out.resolve("trace.png")).isNotEmptyFile();
    Path known =
        Files.writeString(
            folder.resolve("known.jsonl"), Manifest.FACTS.lines().findFirst().orElseThrow());
    assertThat(
            cli.run("locate", "tiny@v0", "--facts", known.toString(), "--out", out.toString())
                .exits(2)
                .err())
        .contains("knows none of the 1 facts");
  }

  @Test
  void aVersionIsExportedAndCanBeImportedAgain() {
    Path target = folder.resolve("exported");
    JsonNode exported = cli.json("export", "tiny@v1", target.toString());
    assertThat(Path.of(exported.path("directory").asText())).isEqualTo(target);
    JsonNode again = cli.json("import", "again", target.toString());
    JsonNode shown = cli.json("show", "tiny@v1");
    assertThat(again.path("digest")).isEqualTo(shown.path("manifest").path("digest"));
    cli.run("export", "tiny@v1", target.toString()).exits(2);
  }

  @Test
  void aVersionIsPromoted() {
    JsonNode promoted = cli.json("promote", "tiny@v0");
    assertThat(promoted.path("current").asText()).isEqualTo("v0");
    assertThat(promoted.path("previous").asText()).isEqualTo("v1");
    cli.run("promote", "tiny@v1").exits(0);
  }

  @Test
  void aNameThatIsTakenIsAConflict() throws IOException {
    Path other = TinyCheckpoint.write(folder.resolve("other"), 2);
    assertThat(cli.run("import", "tiny", other.toString()).exits(4).err())
        .contains("model 'tiny' exists already");
  }

  @Test
  void helpTellsTheExitCodes() {
    assertThat(cli.run("--help").exits(0).out())
        .contains("a gate was missed", "conflict", "130", "demo", "promote");
  }
}
