package dev.errata.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.errata.editing.checkpoint.store.ModelLock;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {
  @TempDir private Path folder;
  private Cli cli;

  @BeforeEach
  void importModel() throws IOException {
    cli = new Cli(folder.resolve("store"));
    Path source = TinyCheckpoint.write(folder.resolve("tiny"));
    cli.run("import", "tiny", source.toString()).exits(0);
  }

  @Test
  void aJobPublishesTheNextVersionAndSaysWhatBecameOfEveryFact() throws IOException {
    JsonNode report = cli.json("run", "-f", Manifest.job(folder).toString());
    assertThat(report.path("version").asText()).isEqualTo("v1");
    assertThat(report.path("state").asText()).isEqualTo("Published");
    assertThat(report.path("current").asBoolean()).isTrue();
    assertThat(report.path("facts").path("total").asInt()).isEqualTo(4);
    assertThat(report.path("facts").path("verified").asInt()).isEqualTo(4);
    assertThat(report.path("facts").path("failed")).isEmpty();
    assertThat(report.path("metrics").path("before").path("exactMatch").asDouble()).isZero();
    assertThat(report.path("metrics").path("after").path("exactMatch").asDouble()).isOne();
    assertThat(report.path("changes").path("tensors")).hasSize(2);
    assertThat(report.path("peakRssBytes").asLong()).isPositive();
    List<String> stages = new ArrayList<>();
    report.path("stages").forEach(stage -> stages.add(stage.path("name").asText()));
    assertThat(stages).containsExactly("Statistics", "Values", "Update", "Evaluate", "Publish");
    assertThat(Path.of(report.path("directory").asText()).resolve("checkpoint")).isDirectory();
    assertThat(folder.resolve("store/models/tiny/workspaces")).isEmptyDirectory();
  }

  @Test
  void theSameJobIsRecognisedAndNotComputedAgain() throws IOException {
    String manifest = Manifest.job(folder).toString();
    cli.run("run", "-f", manifest).exits(0);
    Cli.Result again = cli.run("run", "-f", manifest).exits(0);
    assertThat(again.out()).contains("tiny@v1: this version exists already: made ");
    assertThat(again.err()).isEmpty();
    assertThat(cli.json("run", "-f", manifest).path("reused").asBoolean()).isTrue();
    assertThat(cli.json("versions", "tiny").path("versions")).hasSize(2);
  }

  @Test
  void theSameJobFromTheVersionThatItMadeIsRecognisedToo() throws IOException {
    Path manifest = Manifest.job(folder);
    Files.writeString(manifest, Files.readString(manifest).replace("from: Base", "from: Current"));
    cli.run("run", "-f", manifest.toString()).exits(0);
    Cli.Result again = cli.run("run", "-f", manifest.toString()).exits(0);
    assertThat(again.out()).contains("tiny@v1: this version exists already");
  }

  @Test
  void factsThatTheModelHoldsAreReportedAndMakeNoVersion() throws IOException {
    cli.run("run", "-f", Manifest.job(folder).toString()).exits(0);
    Path manifest = Manifest.job(folder, "  seed: 9\n");
    Files.writeString(manifest, Files.readString(manifest).replace("from: Base", "from: v1"));
    JsonNode report = cli.json("run", "-f", manifest.toString());
    assertThat(report.path("state").asText()).isEqualTo("Unchanged");
    assertThat(report.path("facts").path("noop")).hasSize(4);
    assertThat(cli.json("versions", "tiny").path("versions")).hasSize(2);
  }

  @Test
  void aMissedGateRejectsTheVersionAndKeepsTheCurrentOne() throws IOException {
    String gate =
        """
          evaluation:
            require:
              - metric: ExactMatch
                maximum: 0.1
              - metric: Efficacy
                minimum: 0.5
        """;
    Path manifest = Manifest.job(folder, gate);
    Cli.Result result = cli.run("run", "-f", manifest.toString()).exits(3);
    assertThat(result.out())
        .contains("tiny@v1 is REJECTED")
        .contains("exactMatch is 1 (0 before) but at most 0.1 is required");
    JsonNode versions = cli.json("versions", "tiny");
    assertThat(versions.path("current").asText()).isEqualTo("v0");
    assertThat(versions.path("versions").get(1).path("state").asText()).isEqualTo("Rejected");
    cli.run("promote", "tiny@v1").exits(4);
    cli.run("promote", "tiny@v1", "--force").exits(0);
  }

  @Test
  void aGateThatNothingCanBeMeasuredForIsRefusedAtOnce() throws IOException {
    String gates =
        """
          evaluation:
            suites: [Probability, Generation]
            require:
              - metric: PerplexityRatio
                maximum: 1.1
              - metric: Portability
                minimum: 0.5
              - metric: ExactMatch
                minimum: 0.5
        """;
    String manifest = Manifest.job(folder, gates).toString();
    assertThat(cli.run("run", "-f", manifest).exits(2).err())
        .contains(
            "perplexityRatio cannot be measured without Perplexity in spec.evaluation.suites",
            "portability cannot be measured without TeacherForced in spec.evaluation.suites")
        .doesNotContain("exactMatch");
    assertThat(cli.json("versions", "tiny").path("versions")).hasSize(1);
  }

  @Test
  void aModelInUseIsAConflict() throws IOException {
    Path manifest = Manifest.job(folder);
    try (ModelLock lock = VersionStore.open(cli.store()).lock("tiny")) {
      assertThat(lock).isNotNull();
      Cli.Result result = cli.run("run", "-f", manifest.toString()).exits(4);
      assertThat(result.err()).contains("model 'tiny' is in use by another run");
    }
  }

  @Test
  void aRunSaysWhatMemoryItNeedsAndRefusesTooLittle() throws IOException {
    String manifest = Manifest.job(folder).toString();
    Cli.Result little = cli.run("run", "-f", manifest, "--memory", "300M").exits(2);
    assertThat(little.err())
        .contains("the job does not fit the memory: about ", "0.3 GB are given");
    assertThat(folder.resolve("store/models/tiny/workspaces")).doesNotExist();
    assertThat(cli.run("run", "-f", manifest, "--memory", "much").exits(2).err())
        .contains("--memory much: give an amount above 0, such as 4Gi");
    assertThat(cli.run("run", "-f", manifest, "--memory", "4Gi").exits(0).err())
        .contains("memory: needs about ", "of the 4.3 GB given: program ");
  }

  @Test
  void twoStoresGetTheSameBytes() throws IOException {
    Path manifest = Manifest.job(folder);
    cli.run("run", "-f", manifest.toString()).exits(0);
    Cli other = new Cli(folder.resolve("other"));
    other.run("import", "tiny", folder.resolve("tiny").toString()).exits(0);
    other.run("run", "-f", manifest.toString()).exits(0);
    assertSame(version(cli), version(other));
  }

  static Version version(Cli cli) {
    return VersionStore.open(cli.store()).version("tiny@v1");
  }

  static void assertSame(Version one, Version other) throws IOException {
    assertThat(one.manifest().digest()).isEqualTo(other.manifest().digest());
    assertThat(one.manifest().metrics()).isEqualTo(other.manifest().metrics());
    assertThat(one.manifest().jobDigest()).isEqualTo(other.manifest().jobDigest());
    assertThat(Files.mismatch(one.delta(), other.delta())).isEqualTo(-1);
  }
}
