package dev.errata.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.errata.editing.checkpoint.store.ModelLock;
import dev.errata.editing.checkpoint.store.VersionStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code verify}, {@code gc} and {@code doctor}. */
class CareCommandsTest {
  @TempDir private Path folder;
  private Cli cli;
  private Path model;

  @BeforeEach
  void publish() throws IOException {
    cli = new Cli(folder.resolve("store"));
    Path source = TinyCheckpoint.write(folder.resolve("tiny"));
    cli.run("import", "tiny", source.toString()).exits(0);
    cli.run("run", "-f", Manifest.job(folder).toString()).exits(0);
    model = folder.resolve("store/models/tiny");
  }

  @Test
  void verifyReadsEverythingAgainAndNamesWhatIsSpoilt() throws IOException {
    JsonNode good = cli.json("verify");
    assertThat(good.path("ok").asBoolean()).isTrue();
    assertThat(good.path("versions")).hasSize(2);
    assertThat(good.path("statistics").asInt()).isEqualTo(2);

    Path spoilt = model.resolve("versions/v1/checkpoint/tokenizer_config.json");
    spoil(spoilt);
    JsonNode bad = cli.json("verify", "tiny@v1");
    assertThat(bad.path("ok").asBoolean()).isFalse();
    assertThat(bad.path("versions").get(0).path("problems").get(0).asText())
        .isEqualTo(spoilt + ": its content is not what was published");
    assertThat(cli.run("verify", "tiny").exits(4).out()).contains("SPOILT", spoilt.toString());
  }

  @Test
  void verifyNamesSpoiltStatisticsAndTheNextJobMakesThemAgain() throws IOException {
    Path moment;
    try (Stream<Path> files = Files.walk(folder.resolve("store/cache"))) {
      moment = files.filter(f -> f.endsWith("model.safetensors")).findFirst().orElseThrow();
    }
    spoil(moment);
    assertThat(cli.run("verify").exits(4).out())
        .contains("its values are not those that were written; the next job that needs it");
    Path again = Manifest.job(folder, "  seed: 5\n");
    Files.writeString(again, Files.readString(again).replace("tokens: 600", "tokens: 601"));
    cli.run("run", "-f", again.toString()).exits(0);
  }

  @Test
  void aJobThatNeedsSpoiltStatisticsMakesThemAgain() throws IOException {
    Files.writeString(folder.resolve("text.txt"), "The boss of Ada Lund is Carl Ek. ".repeat(60));
    String spec = Manifest.spec("uri: facts.jsonl", "layers: [0, 1]", "  seed: %d\n");
    String job = spec.replace("tokens: 600", "corpus: text.txt\n    tokens: 600");
    cli.run("run", "-f", Manifest.write(folder, job.formatted(6)).toString()).exits(0);
    Cli.Result kept = cli.run("run", "-f", Manifest.write(folder, job.formatted(7)).toString());
    assertThat(kept.exits(0).err()).contains("taken from the cache");
    try (Stream<Path> files = Files.walk(folder.resolve("store/cache"))) {
      for (Path file : files.filter(f -> f.endsWith("model.safetensors")).toList()) {
        spoil(file);
      }
    }
    Cli.Result made = cli.run("run", "-f", Manifest.write(folder, job.formatted(8)).toString());
    assertThat(made.exits(0).err()).doesNotContain("taken from the cache");
    // Those of the two layers that this job needed are whole again, the others still are not.
    assertThat(cli.json("verify").path("problems")).hasSize(2);
  }

  private static void spoil(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void gcDeletesWhatNothingRefersToAndNeverAVersion() throws IOException {
    List<Path> before = files(model.resolve("versions"));
    Path job = Files.createDirectories(model.resolve("workspaces/0123456789abcdef"));
    age(Files.writeString(job.resolve("before.json"), "{}"), job);
    Path fresh = Files.createDirectories(model.resolve("workspaces/fedcba9876543210"));
    Path half = model.resolve(".model.json.00000000-0000-0000-0000-000000000000.tmp");
    age(Files.writeString(half, "half"));

    JsonNode dry = cli.json("gc", "--dry-run");
    assertThat(dry.path("deleted")).hasSize(2);
    assertThat(job).exists();
    try (ModelLock lock = VersionStore.open(cli.store()).lock("tiny")) {
      assertThat(lock).isNotNull();
      JsonNode busy = cli.json("gc");
      assertThat(busy.path("kept").get(0).path("reason").asText()).contains("in use by another");
      assertThat(job).exists();
    }
    cli.run("gc").exits(0);
    assertThat(job).doesNotExist();
    assertThat(half).doesNotExist();
    assertThat(fresh).exists();
    assertThat(files(model.resolve("versions"))).isEqualTo(before);
    assertThat(cli.json("verify").path("ok").asBoolean()).isTrue();
  }

  @Test
  void gcKeepsStatisticsUnlessAskedTo() throws IOException {
    Path cache = folder.resolve("store/cache/statistics");
    cli.run("gc", "--older-than", "0").exits(0);
    assertThat(cli.json("verify").path("statistics").asInt()).isEqualTo(2);
    cli.run("gc", "--older-than", "0", "--cache").exits(0);
    assertThat(cache).isEmptyDirectory();
    assertThat(cli.run("gc", "--older-than", "-1").exits(2).err()).contains("give 0 or more days");
  }

  private static void age(Path... paths) throws IOException {
    for (Path path : paths) {
      Files.setLastModifiedTime(path, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
    }
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.sorted().toList();
    }
  }

  @Test
  void doctorLooksAtTheMachineAndTheStore() throws IOException {
    JsonNode report = cli.json("doctor");
    assertThat(report.path("ok").asBoolean()).isTrue();
    assertThat(report.path("checks").findValuesAsText("name"))
        .containsExactly(
            "Java", "native library", "GPU", "processors", "memory", "store", "storage");
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThat(new Cli(file).run("doctor").exits(2).out()).contains("FAIL", "give another --store");
  }
}
