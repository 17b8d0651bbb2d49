package dev.errata.worker;

import static dev.errata.worker.RunCommandTest.assertSame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever a kill leaves behind, the same command goes on from it to the same bytes.
 *
 * <p>A real process runs a job and is stopped at random moments. While it stands still its store is
 * exactly what {@code kill -9} at that moment would leave, so a copy of it is taken and gone on
 * with here, which spares fifty starts of a JVM. After some such moments the process is killed for
 * good, and another goes on in the same store.
 */
class KillTest {
  private static final int MOMENTS = 50;
  private static final int MOMENTS_PER_PROCESS = 10;
  private static final long SEED = 20;

  private static final String FACTS =
      """
      {"subject":"Ada Lund","prompt":"The birthplace of {}","target":"Paris"}
      {"subject":"Carl Ek","prompt":"A child of {}","target":"she"}
      {"subject":"Dora Fin","prompt":"The job of {}","target":"capital"}
      """;

  private static final String JOB =
      """
      apiVersion: errata.dev/v1alpha1
      kind: EditJob
      metadata:
        name: small
      spec:
        model: tiny
        from: Base
        facts:
          uri: facts.jsonl
        method:
          type: MEMIT
          memit:
            layers: [0, 1]
            learningRate: 0.5
            clamp: 40
            residualShare: 0.4
            valueSteps: 6
            prefixes: 1
            prefixTokens: 2
            refinements: 1
            batchTokens: 64
        statistics:
          corpus: text.txt
          tokens: 100
        evaluation:
          suites: [Probability]
      """;

  @TempDir private Path folder;
  private final SplittableRandom random = new SplittableRandom(SEED);
  private Path manifest;
  private Path imported;

  @BeforeEach
  void importModel() throws IOException {
    Files.writeString(folder.resolve("facts.jsonl"), FACTS);
    Files.writeString(folder.resolve("text.txt"), "The boss of Ada Lund is Carl Ek. ".repeat(20));
    manifest = Manifest.write(folder, JOB);
    imported = folder.resolve("imported");
    Path source = TinyCheckpoint.write(folder.resolve("tiny"));
    new Cli(imported).run("import", "tiny", source.toString()).exits(0);
  }

  @Test
  void aRunKilledAtAnyMomentGoesOnToTheSameBytes() throws Exception {
    Path calm = copy(imported, "calm");
    long start = System.nanoTime();
    assertThat(start(calm).waitFor()).isZero();
    // As many moments as a process sees then spread over its whole life.
    long longest = Math.max(1, 2 * (System.nanoTime() - start) / MOMENTS_PER_PROCESS);
    Version wanted = made(calm);
    Path store = copy(imported, "store");
    int finished = 0;
    int midway = 0;
    for (int moment = 0; moment < MOMENTS; ) {
      Process process = start(store);
      for (int i = 0; i < MOMENTS_PER_PROCESS && moment < MOMENTS; i++) {
        if (process.waitFor(random.nextLong(longest), TimeUnit.NANOSECONDS)) {
          break;
        }
        moment++;
        Path left = stopAndCopy(process, store, "moment-" + moment);
        midway += VersionStore.open(left).workspaces("tiny").size();
        assertSame(goOn(left), wanted);
      }
      if (process.isAlive()) {
        process.destroyForcibly().waitFor();
      }
      if (VersionStore.open(store).versions("tiny").size() == 2) {
        assertSame(made(store), wanted);
        store = copy(imported, "store-" + ++finished);
      }
    }
    // Or nothing was tried.
    assertThat(midway).isPositive();
  }

  @Test
  void anInterruptedRunSaysSoAndExitsWith130() throws Exception {
    // So many steps, and none that gets anywhere, that the run cannot end before it hears.
    String longer = JOB.replace("valueSteps: 6", "valueSteps: 1000");
    manifest = Manifest.write(folder, longer.replace("learningRate: 0.5", "learningRate: 1e-6"));
    Process process = start(imported);
    Path workspaces = imported.resolve("models/tiny/workspaces");
    while (!Files.exists(workspaces) && !process.waitFor(10, TimeUnit.MILLISECONDS)) {
      // The job is not at work yet.
    }
    signal(process, "-INT");
    assertThat(process.waitFor()).isEqualTo(130);
    assertThat(folder.resolve("errors"))
        .content()
        .contains("errata: interrupted; the same command goes on from here");
    assertThat(VersionStore.open(imported).versions("tiny")).hasSize(1);
  }

  /**
   * Starts the command line. It hears SIGINT even when this process, as a job that a shell put in
   * the background, was told to ignore it: what is ignored would be inherited.
   */
  private Process start(Path store) throws IOException {
    return new ProcessBuilder(
            "env",
            "--default-signal=INT",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Dai.djl.offline=true",
            "-cp",
            System.getProperty("java.class.path"),
            Errata.class.getName(),
            "--store",
            store.toString(),
            "run",
            "-f",
            manifest.toString())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(folder.resolve("errors").toFile())
        .start();
  }

  private Path stopAndCopy(Process process, Path store, String name) throws Exception {
    signal(process, "-STOP");
    while (process.isAlive() && !allThreadsStand(process.pid())) {
      Thread.onSpinWait();
    }
    Path left = copy(store, name);
    signal(process, "-CONT");
    return left;
  }

  private static void signal(Process process, String signal) throws Exception {
    new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
  }

  private static boolean allThreadsStand(long pid) {
    try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path task : tasks.toList()) {
        String state = Files.readString(task.resolve("stat"));
        if (!"TtZX".contains(state.substring(state.lastIndexOf(')') + 2).substring(0, 1))) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      // A thread, or the process, has ended in between: look again.
      return false;
    }
  }

  private Version goOn(Path store) {
    VersionStore opened = VersionStore.open(store);
    new ManifestRun(manifest, opened, Progress.NONE, ManifestRun.Options.DEFAULT).run();
    assertThat(store.resolve("models/tiny/workspaces")).isEmptyDirectory();
    assertThat(opened.model("tiny").current()).isEqualTo(1);
    return made(store);
  }

  private static Version made(Path store) {
    return VersionStore.open(store).version("tiny@v1");
  }

  private Path copy(Path store, String name) throws IOException {
    Path target = folder.resolve(name);
    try (Stream<Path> files = Files.walk(store)) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(store.relativize(file).toString()));
      }
    }
    return target;
  }
}
