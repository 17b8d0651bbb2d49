package dev.errata.worker;

import static dev.errata.worker.RunCommandTest.assertSame;
import static dev.errata.worker.RunCommandTest.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.engine.EngineException;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.store.ConflictException;
import dev.errata.editing.checkpoint.store.VersionStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that are ended in the middle, by an exception in place of a kill. */
class ResumeTest {
  /** Small batches, so that there are several shards of values. */
  private static final String SHARDS = "layers: [0, 1]\n      valueSteps: 6\n      batchTokens: 64";

  /** So few steps that facts are left for a second round. */
  private static final String QUICK = "layers: [0, 1]\n      valueSteps: 6";

  @TempDir private Path folder;
  private Cli cli;

  @BeforeEach
  void importModel() throws IOException {
    cli = new Cli(folder.resolve("store"));
    Path source = TinyCheckpoint.write(folder.resolve("tiny"));
    cli.run("import", "tiny", source.toString()).exits(0);
  }

  /** Stands for a kill. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Notes what it hears, and does something when a stage begins. */
  private static final class Recorder implements Progress {
    private final List<String> stages = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final Consumer<String> atStage;
    private long deadly = Long.MAX_VALUE;

    Recorder(Consumer<String> atStage) {
      this.atStage = atStage;
    }

    static Recorder dyingAt(String deadly) {
      return new Recorder(
          stage -> {
            if (stage.equals(deadly)) {
              throw new Killed();
            }
          });
    }

    @Override
    public void stage(String name, String unit) {
      if (!name.equals("statistics")) {
        stages.add(name);
      }
      atStage.accept(name);
    }

    @Override
    public void advance(long done, long total) {
      if (done >= deadly && stages.get(stages.size() - 1).equals("values")) {
        throw new Killed();
      }
    }

    @Override
    public void note(String text) {
      notes.add(text);
    }
  }

  private void run(Path manifest, Progress progress) {
    run(manifest, progress, ManifestRun.Options.DEFAULT);
  }

  private void run(Path manifest, Progress progress, ManifestRun.Options options) {
    new ManifestRun(manifest, VersionStore.open(cli.store()), progress, options).run();
  }

  private Cli undisturbed(Path manifest) {
    Cli other = new Cli(folder.resolve("other"));
    other.run("import", "tiny", folder.resolve("tiny").toString()).exits(0);
    other.run("run", "-f", manifest.toString()).exits(0);
    return other;
  }

  private static Recorder alive() {
    return new Recorder(stage -> {});
  }

  @ParameterizedTest
  @ValueSource(strings = {"values", "update, round 2", "publish"})
  void aRunGoesOnWhereAnotherWasKilled(String stage) throws IOException {
    Path manifest = job("");
    Recorder first = Recorder.dyingAt(stage);
    assertThat(catchThrowable(() -> run(manifest, first))).isInstanceOf(Killed.class);
    assertThat(VersionStore.open(cli.store()).versions("tiny")).hasSize(1);
    Recorder second = alive();
    run(manifest, second);
    first.stages.remove(stage);
    assertThat(second.stages).doesNotContainAnyElementsOf(first.stages);
    assertSame(version(cli), version(undisturbed(manifest)));
  }

  private Path job(String more) throws IOException {
    Files.writeString(folder.resolve("facts.jsonl"), Manifest.FACTS);
    return Manifest.write(folder, Manifest.spec("uri: facts.jsonl", QUICK, more));
  }

  private Path sharded() throws IOException {
    StringBuilder facts = new StringBuilder(Manifest.FACTS);
    for (String name : List.of("Eva", "Finn", "Gus", "Hedda", "Ivo", "Jan", "Kaj", "Liv")) {
      facts.append(
          "{\"subject\":\"%s Ro\",\"prompt\":\"{} is the boss of the home of the child of\",\"target\":\"Paris\"}%n"
              .formatted(name));
    }
    Files.writeString(folder.resolve("facts.jsonl"), facts);
    return Manifest.write(folder, Manifest.spec("uri: facts.jsonl", SHARDS, ""));
  }

  @Test
  void valuesGoOnBehindTheirLastShard() throws IOException {
    Path manifest = sharded();
    Recorder first = alive();
    first.deadly = 9;
    assertThat(catchThrowable(() -> run(manifest, first))).isInstanceOf(Killed.class);
    assertThat(shards()).hasSizeBetween(1, 3);
    Recorder second = alive();
    run(manifest, second);
    assertThat(second.stages).contains("values").doesNotContain("evaluate before");
    assertSame(version(cli), version(undisturbed(manifest)));
  }

  private List<Path> shards() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("store/models/tiny/workspaces"))) {
      return files.filter(f -> f.toString().matches(".*values-1-shard-\\d+\\.json")).toList();
    }
  }

  /** As PyTorch says it; thrown where the values begin. */
  private static Recorder withoutMemory(int times) {
    int[] left = {times};
    return new Recorder(
        stage -> {
          if (stage.equals("values") && left[0]-- > 0) {
            throw new EngineException("CUDA out of memory. Tried to allocate 2.00 GiB");
          }
        });
  }

  private int batchTokens(Cli of) {
    return version(of).manifest().settings().path("batchTokens").asInt();
  }

  @Test
  void aDeviceThatRunsOutOfMemoryGetsSmallerBatches() throws IOException {
    Path manifest = job("");
    Recorder poor = withoutMemory(1);
    run(manifest, poor);
    assertThat(poor.notes)
        .filteredOn(note -> note.contains("the device ran out of memory: going on with batches"))
        .hasSize(1);
    assertThat(batchTokens(cli)).isEqualTo(batchTokens(undisturbed(manifest)) / 2);
  }

  @Test
  void aRunThatGoesOnKeepsTheSmallerBatches() throws IOException {
    Path manifest = job("");
    int[] times = {0};
    Recorder first =
        new Recorder(
            stage -> {
              if (stage.equals("values") && times[0]++ == 0) {
                throw new EngineException("CUDA out of memory. Tried to allocate 2.00 GiB");
              }
              if (stage.equals("update")) {
                throw new Killed();
              }
            });
    assertThat(catchThrowable(() -> run(manifest, first))).isInstanceOf(Killed.class);
    Recorder second = alive();
    run(manifest, second);
    assertThat(second.stages).doesNotContain("evaluate before", "values");
    assertThat(batchTokens(cli)).isEqualTo(batchTokens(undisturbed(manifest)) / 2);
  }

  @Test
  void aDeviceWithoutMemoryForTheSmallestBatchesIsToldOf() throws IOException {
    Path manifest = sharded();
    assertThatThrownBy(() -> run(manifest, withoutMemory(100)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("ran out of memory with batches of 64 tokens for values and 64 for")
        .hasMessageContaining("lower spec.method.memit.batchTokens");
  }

  @Test
  void aSpoiltShardIsToldAndMadeAgain() throws IOException {
    Path manifest = sharded();
    Recorder first = alive();
    first.deadly = 9;
    assertThat(catchThrowable(() -> run(manifest, first))).isInstanceOf(Killed.class);
    Path shard = shards().get(0);
    Files.writeString(shard, Files.readString(shard).replace("\"steps\":[", "\"steps\":[1"));
    Recorder second = alive();
    run(manifest, second);
    assertThat(second.notes).contains(shard + " is spoilt and made again");
    assertSame(version(cli), version(undisturbed(manifest)));
  }

  @Test
  void aJobThatHasChangedSinceItWasInterruptedIsRefused() throws IOException {
    Path manifest = job("  seed: 3\n");
    assertThat(catchThrowable(() -> run(manifest, Recorder.dyingAt("values"))))
        .isInstanceOf(Killed.class);
    Path changed = job("  seed: 4\n");
    Path facts = folder.resolve("facts.jsonl");
    Files.writeString(facts, Manifest.FACTS.replace("capital", "she"));
    Files.writeString(
        changed, Files.readString(changed).replace("residualShare: 0.1", "residualShare: 0.2"));
    assertThatThrownBy(() -> run(changed, alive()))
        .isInstanceOf(ConflictException.class)
        .hasMessageStartingWith("job 'small' was interrupted, and cannot go on because it has")
        .hasMessageContaining("spec.facts: sha256:")
        .hasMessageContaining("spec.method.memit.residualShare: 0.1 → 0.2")
        .hasMessageContaining("spec.seed: 3 → 4; put that back")
        .hasMessageEndingWith("--restart");
    assertThat(cli.run("run", "-f", changed.toString()).exits(4).err()).contains("--restart");
    assertThat(cli.run("run", "-f", changed.toString(), "--restart").exits(0).err())
        .contains("job 'small' starts again: changed spec.facts");
    assertThat(folder.resolve("store/models/tiny/workspaces")).isEmptyDirectory();
  }

  private Path fromCurrent(String onConflict) throws IOException {
    Path manifest = job("  onConflict: " + onConflict + "\n");
    String text = Files.readString(manifest);
    return Files.writeString(manifest, text.replace("from: Base", "from: Current"));
  }

  /** Publishes v1 and makes it current at the end of the run that is under way. */
  private Recorder overtaken() {
    boolean[] done = {false};
    return new Recorder(
        stage -> {
          if (stage.equals("evaluate after") && !done[0]) {
            done[0] = true;
            VersionStore.open(cli.store()).promote("tiny", 1, false);
          }
        });
  }

  private void publishV1AndGoBack() throws IOException {
    Path other = job("  seed: 8\n");
    cli.run("run", "-f", other.toString()).exits(0);
    cli.run("promote", "tiny@v0").exits(0);
  }

  @Test
  void aJobWhoseBaseMovesStartsAgainFromTheNewBase() throws IOException {
    publishV1AndGoBack();
    String facts = Manifest.FACTS.replace("capital", "she");
    Path manifest = fromCurrent("Rebase");
    Files.writeString(folder.resolve("facts.jsonl"), facts);
    Recorder recorder = overtaken();
    run(manifest, recorder);
    assertThat(recorder.notes).contains("another version is Current now: starting again");
    assertThat(VersionStore.open(cli.store()).version("tiny@v2").manifest().parent()).isEqualTo(1);
    assertThat(folder.resolve("store/models/tiny/workspaces")).isEmptyDirectory();
  }

  @Test
  void aJobThatMustNotBeRebasedFailsWhenItsBaseMoves() throws IOException {
    publishV1AndGoBack();
    Path manifest = fromCurrent("Fail");
    assertThatThrownBy(() -> run(manifest, overtaken()))
        .isInstanceOf(ConflictException.class)
        .hasMessageContaining("started from v0, but Current is v1 now");
    assertThat(VersionStore.open(cli.store()).versions("tiny")).hasSize(2);
  }
}
