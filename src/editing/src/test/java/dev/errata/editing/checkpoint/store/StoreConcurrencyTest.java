package dev.errata.editing.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.editing.checkpoint.Goldens;
import dev.errata.editing.checkpoint.store.VersionManifest.State;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreConcurrencyTest {
  @TempDir Path root;
  private VersionStore store;
  private Version base;

  @BeforeEach
  void open() {
    store = VersionStore.open(root);
    base = store.importModel("m", Goldens.path("sharded"));
  }

  @Test
  void givesEachNumberToOnePublisher() throws Exception {
    int publishers = 16;
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Callable<Integer>> work = new ArrayList<>();
      for (int i = 0; i < publishers; i++) {
        float value = i;
        work.add(
            () -> {
              // Opening cleans: it must leave alone what the others are making.
              VersionStore own = VersionStore.open(root);
              return Publishing.publish(own, base, value).manifest().version();
            });
      }
      List<Integer> numbers = new ArrayList<>();
      for (Future<Integer> number : threads.invokeAll(work)) {
        numbers.add(number.get());
      }
      assertThat(numbers)
          .containsExactlyInAnyOrderElementsOf(
              IntStream.rangeClosed(1, publishers).boxed().toList());
    } finally {
      threads.shutdownNow();
    }
    assertThat(store.model("m").current()).isEqualTo(publishers);
    for (Version version : store.versions("m")) {
      assertThat(store.verify(VersionRef.parse(version.manifest().ref()))).isEmpty();
    }
  }

  @Test
  void letsOneRunUseAModel() {
    ModelLock lock = store.lock("m");
    assertThatThrownBy(() -> VersionStore.open(root).lock("m"))
        .isInstanceOf(ConflictException.class)
        .hasMessageMatching(
            "model 'm' is in use by another run \\(process "
                + ProcessHandle.current().pid()
                + " on .+, since \\d{4}-.+Z\\); wait for it or stop it");
    lock.close();
    store.lock("m").close();
  }

  @Test
  void cleansUpAfterAKilledRun() throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Publishing.class.getName(),
                root.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).startsWith("staged");
      assertThat(staged()).isNotEmpty();
      VersionStore other = VersionStore.open(root);
      assertThat(staged()).isNotEmpty();
      assertThatThrownBy(() -> other.lock("m"))
          .isInstanceOf(ConflictException.class)
          .hasMessageContaining("(process " + process.pid() + " on ");
    } finally {
      process.destroyForcibly().waitFor();
    }
    assertThat(staged()).isNotEmpty();
    VersionStore next = VersionStore.open(root);
    assertThat(staged()).isEmpty();
    assertThat(next.versions("m")).hasSize(1);
    next.lock("m").close();
  }

  @Test
  void cleansUpAPublicationThatLacksItsManifest() throws IOException {
    Path half = Files.createDirectories(root.resolve("models/m/versions/v1/checkpoint"));
    Files.writeString(half.resolve("config.json"), "{}");
    Files.writeString(half.resolveSibling("publishing"), "a-dead-one");
    assertThat(store.versions("m")).hasSize(1);
    assertThat(Publishing.publish(store, base, 1).manifest().version()).isEqualTo(2);
    VersionStore next = VersionStore.open(root);
    assertThat(half).doesNotExist();
    assertThat(next.versions("m")).hasSize(2);
  }

  @Test
  void keepsAPublicationThatOnlyLacksItsEnd() throws IOException {
    Version version = Publishing.publish(store, base, 1);
    Path marker = Files.writeString(version.directory().resolve("publishing"), "a-dead-one");
    VersionStore next = VersionStore.open(root);
    assertThat(marker).doesNotExist();
    assertThat(next.verify(VersionRef.parse("m@v1"))).isEmpty();
  }

  @Test
  void cleansUpAnImportThatDied() throws IOException {
    Path dead = Files.createDirectories(root.resolve("imports/dead/versions"));
    Files.writeString(root.resolve("imports/other.lock"), "");
    VersionStore.open(root);
    assertThat(dead).doesNotExist();
    assertThat(root.resolve("imports/other.lock")).doesNotExist();
  }

  @Test
  void leavesAloneWhatIsBeingMade() throws IOException {
    try (StagedVersion staged = store.stage(base)) {
      staged.write(Set.of(), name -> null);
      staged.writeFacts(Publishing.facts("x"));
      VersionStore.open(root);
      assertThat(staged()).isNotEmpty();
      Version version = staged.publish(Publishing.draft(State.Published, "j"), Promotion.Automatic);
      assertThat(version.manifest().digest()).isEqualTo(base.manifest().digest());
    }
    assertThat(staged()).isEmpty();
  }

  private List<Path> staged() throws IOException {
    try (Stream<Path> entries = Files.list(root.resolve("models/m/staging"))) {
      return entries.toList();
    }
  }
}
