package dev.errata.editing.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Goldens;
import dev.errata.editing.checkpoint.RemoteObjects;
import dev.errata.editing.checkpoint.S3Server;
import dev.errata.editing.checkpoint.store.VersionManifest.State;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A store in a bucket, used by several machines: each has a mirror of its own. */
class RemoteStoreTest {
  private static final Path OTHER = Path.of("src/test/resources/goldens/qwen3");

  @TempDir private static Path objects;
  private static S3Server server;

  @TempDir private Path machines;
  private Path bucket;
  private VersionStore store;

  @BeforeAll
  static void serve() throws Exception {
    server = S3Server.start(objects);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void open(TestInfo test) {
    bucket = server.path(test.getTestMethod().orElseThrow().getName());
    store = machine("one");
  }

  private VersionStore machine(String name) {
    return VersionStore.mirror(bucket, machines.resolve(name));
  }

  private Version base() {
    return store.importModel("m", Goldens.path("sharded"));
  }

  private List<String> names(String directory) {
    return RemoteObjects.tree(bucket.resolve(directory)).stream()
        .map(RemoteObjects.Entry::path)
        .toList();
  }

  @Test
  void whatOneMachinePublishesAnotherReads() throws IOException {
    Version version = Publishing.publish(store, base(), 3);
    assertThat(version.location()).startsWith("s3x://").endsWith("/models/m/versions/v1");
    VersionStore other = machine("two");
    assertThat(other.models()).hasSize(1);
    assertThat(other.model("m").current()).isEqualTo(1);
    Version read = other.version("m@latest");
    assertThat(read.manifest()).isEqualTo(version.manifest());
    assertThat(read.facts()).hasSize(1);
    assertThat(read.directory().resolve("checkpoint")).doesNotExist();
    try (Checkpoint there = read.openCheckpoint();
        Checkpoint here = version.openCheckpoint()) {
      assertThat(there.digest()).isEqualTo(here.digest());
    }
    assertThat(other.verify(VersionRef.parse("m@v1"))).isEmpty();
    assertThat(other.diff(VersionRef.parse("m@v0"), VersionRef.parse("m@v1")).tensors()).hasSize(1);
    other.export(VersionRef.parse("m@v1"), machines.resolve("out"));
    assertThat(machines.resolve("out/config.json")).isRegularFile();
    assertThat(other.promote("m", 0, false).current()).isZero();
    assertThat(store.model("m").current()).isZero();
    // The layout is that of a store in a directory.
    assertThat(names("models/m/versions/v1"))
        .contains("version.json", "delta.safetensors", "checkpoint/config.json")
        .doesNotContain("publishing");
  }

  @Test
  void whatDidNotChangeIsNotUploadedAgain() {
    Version base = base();
    Version version = Publishing.publish(store, base, 3);
    int unchanged = 0;
    for (VersionManifest.StoredFile file : version.manifest().files()) {
      boolean same = base.manifest().files().contains(file);
      unchanged += same ? 1 : 0;
      assertThat(
              server
                  .blobs()
                  .uploaded()
                  .contains(
                      "whatDidNotChangeIsNotUploadedAgain/models/m/versions/v1/" + file.path()))
          .as(file.path())
          .isNotEqualTo(same);
    }
    assertThat(unchanged).isGreaterThan(2);
    assertThat(store.verify(VersionRef.parse("m@v1"))).isEmpty();
  }

  @Test
  void publishersOfSeveralMachinesGetOneNumberEach() throws Exception {
    base();
    int publishers = 6;
    ExecutorService threads = Executors.newFixedThreadPool(publishers);
    try {
      List<Callable<Integer>> work = new ArrayList<>();
      for (int i = 0; i < publishers; i++) {
        int me = i;
        work.add(
            () -> {
              VersionStore own = machine("machine" + me);
              Version parent = own.version("m@v0");
              return Publishing.publish(own, parent, me).manifest().version();
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

  /** Does all that publishing does before the manifest. */
  private VersionManifest half(VersionStore in, int number) throws IOException {
    Version parent = in.version("m@v0");
    try (StagedVersion staged = in.stage(parent)) {
      staged.write(Set.of(Publishing.CHANGED), name -> Goldens.floats(24, 9));
      staged.writeFacts(Publishing.facts("x"));
      try (StagingArea.Slot slot = new StagingArea(machines.resolve("half")).begin()) {
        List<VersionManifest.StoredFile> files =
            StoredFiles.describe(staged.checkpointDirectory().getParent(), Map.of());
        for (VersionManifest.StoredFile file : files) {
          Path copy = slot.directory().resolve(file.path());
          Files.createDirectories(copy.getParent());
          Files.copy(staged.checkpointDirectory().getParent().resolve(file.path()), copy);
        }
        assertThat(parent.origin().claim("m", number, slot)).isTrue();
        parent.origin().fill("m", number, slot, files, parent);
      }
    }
    return new VersionManifest(
        1,
        "m",
        number,
        0,
        "d",
        State.Published,
        null,
        "d",
        null,
        null,
        null,
        null,
        null,
        null,
        List.of(),
        "now",
        List.of(),
        new java.util.TreeMap<>());
  }

  @Test
  void halfAPublicationIsSeenByNobodyAndCollected() throws IOException {
    base();
    VersionManifest slow = half(machine("two"), 1);
    assertThat(store.versions("m")).hasSize(1);
    assertThatThrownBy(() -> store.version("m@v1"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has no version v1");
    assertThat(Publishing.publish(store, store.version("m@v0"), 1).manifest().version())
        .isEqualTo(2);

    Duration hour = Duration.ofDays(7);
    assertThat(store.collectGarbage(hour, false, true).garbage()).isEmpty();
    assertThat(names("models/m/versions/v1")).contains("publishing", "checkpoint/config.json");

    GarbageCollector.Findings dry = store.collectGarbage(Duration.ZERO, false, false);
    assertThat(dry.garbage()).hasSize(1);
    assertThat(dry.garbage().get(0).path()).endsWith("/models/m/versions/v1");
    assertThat(dry.garbage().get(0).reason()).contains("never finished");
    assertThat(names("models/m/versions/v1")).contains("checkpoint/config.json");
    assertThat(store.collectGarbage(Duration.ZERO, false, true).garbage()).hasSize(1);
    assertThat(names("models/m/versions/v1")).containsExactly("version.json");
    assertThat(store.collectGarbage(Duration.ZERO, false, true).garbage()).isEmpty();

    // One that was only slow finds its number given up.
    assertThat(store.version("m@v0").origin().seal(slow)).isFalse();
    assertThat(store.versions("m")).extracting(v -> v.manifest().version()).containsExactly(0, 2);
    assertThat(Publishing.publish(store, store.version("m@v0"), 4).manifest().version())
        .isEqualTo(3);
    assertThat(store.verify(VersionRef.parse("m@v2"))).isEmpty();
  }

  @Test
  void anImportThatDiedIsTakenUpOrForgotten() throws IOException {
    Version base = machineOf("elsewhere").importModel("m", Goldens.path("sharded"));
    Path v0 = bucket.resolve("models/m/versions/v0");
    RemoteObjects.create(
        v0.resolve("publishing"),
        (base.manifest().digest() + "\nsomebody\n").getBytes(StandardCharsets.UTF_8));
    RemoteObjects.create(
        v0.resolve("checkpoint/config.json"), "half".getBytes(StandardCharsets.UTF_8));
    assertThat(store.models()).isEmpty();
    assertThatThrownBy(() -> store.importModel("m", OTHER))
        .isInstanceOf(ConflictException.class)
        .hasMessageContaining("is being imported with other content (somebody)")
        .hasMessageContaining("errata gc --older-than 0");
    assertThat(base().manifest().digest()).isEqualTo(base.manifest().digest());
    assertThat(machine("two").verify(VersionRef.parse("m@v0"))).isEmpty();

    Path other = bucket.resolve("models/n/versions/v0");
    RemoteObjects.create(
        other.resolve("publishing"), "another\nsomebody\n".getBytes(StandardCharsets.UTF_8));
    RemoteObjects.create(
        other.resolve("checkpoint/config.json"), "half".getBytes(StandardCharsets.UTF_8));
    assertThat(store.collectGarbage(Duration.ZERO, false, true).garbage()).hasSize(1);
    assertThat(names("models/n")).isEmpty();
    store.importModel("n", OTHER);
    assertThat(store.models()).hasSize(2);
  }

  /** A store elsewhere, for its digests. */
  private VersionStore machineOf(String name) {
    return VersionStore.open(machines.resolve(name));
  }

  @Test
  void spoiltCopiesAreMadeAgainAndSpoiltObjectsNamed() throws IOException {
    base();
    VersionStore other = machine("two");
    Path copy = other.version("m@v0").checkpointDirectory().resolve("config.json");
    byte[] right = Files.readAllBytes(copy);
    Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-r--r--"));
    Files.writeString(copy, "spoilt");
    assertThat(machine("two").version("m@v0").checkpointDirectory().resolve("config.json"))
        .hasBinaryContent(right);

    Path object = bucket.resolve("models/m/versions/v0/checkpoint/config.json");
    RemoteObjects.replace(object, seen -> "spoilt".getBytes(StandardCharsets.UTF_8));
    assertThat(store.verify(VersionRef.parse("m@v0")))
        .singleElement()
        .asString()
        .contains("config.json: has 6 bytes, the manifest says");
    assertThatThrownBy(() -> machine("three").version("m@v0").checkpointDirectory())
        .isInstanceOf(InputException.class)
        .hasMessageContaining("its content is not what was published");
  }

  @Test
  void anotherModelOfTheSameNameIsNotTakenForTheFirst() throws IOException {
    base();
    VersionStore other = machine("two");
    other.version("m@v0").checkpointDirectory();
    for (RemoteObjects.Entry entry : RemoteObjects.tree(bucket.resolve("models/m"))) {
      RemoteObjects.delete(bucket.resolve("models/m").resolve(entry.path()));
    }
    assertThat(other.models()).isEmpty();
    VersionStore third = machine("three");
    Version again = third.importModel("m", OTHER);
    assertThat(other.version("m@v0").manifest()).isEqualTo(again.manifest());
    try (Checkpoint checkpoint = other.version("m@v0").openCheckpoint()) {
      assertThat(checkpoint.digest()).isEqualTo(again.manifest().digest());
    }
  }

  @ParameterizedTest
  @CsvSource({"403, access denied", "503, failing or busy", "418, answered 418"})
  void anEndpointThatRefusesGivesOneClearError(int status, String told) throws IOException {
    S3Server.answering(
        status,
        port ->
            assertThatThrownBy(
                    () -> VersionStore.mirror(S3Server.at(port, "bucket/store"), machines))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(told));
  }

  @Test
  void aBucketThatIsNotThereIsNamed() {
    Path none = S3Server.at(server.server().getPort(), "none/store");
    assertThatThrownBy(() -> VersionStore.mirror(none, machines))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none/store: no such bucket or object (404)");
  }
}
