package dev.errata.editing.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.Goldens;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.checkpoint.store.VersionManifest.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VersionStoreTest {
  @TempDir Path temp;
  private Path source;
  private VersionStore store;

  @BeforeEach
  void open() throws IOException {
    source = Goldens.copy("sharded", temp.resolve("source"));
    store = VersionStore.open(temp.resolve("store"));
  }

  @Test
  void importsACopyAsVersionZero() throws IOException {
    Version base = store.importModel("m", source);
    assertThat(base.manifest().ref()).isEqualTo("m@v0");
    assertThat(base.manifest().state()).isEqualTo(State.Published);
    assertThat(base.manifest().parent()).isNull();
    assertThat(base.facts()).isEmpty();
    assertThat(base.report()).isEmpty();
    assertThat(store.model("m").source()).isEqualTo(source.toString());
    assertThat(store.model("m").current()).isZero();
    try (Checkpoint original = Checkpoint.open(source)) {
      assertThat(base.manifest().digest()).isEqualTo(original.digest());
    }
    Path config = source.resolve("config.json");
    assertThat(Files.getAttribute(base.checkpointDirectory().resolve("config.json"), "unix:ino"))
        .isNotEqualTo(Files.getAttribute(config, "unix:ino"));
    Files.writeString(config, "{}");
    assertThat(store.verify(VersionRef.parse("m@base"))).isEmpty();
    assertThat(files(temp.resolve("store")))
        .containsExactlyInAnyOrder(
            "models/m/model.json",
            "models/m/versions/v0/checkpoint/README.md",
            "models/m/versions/v0/checkpoint/config.json",
            "models/m/versions/v0/checkpoint/generation_config.json",
            "models/m/versions/v0/checkpoint/model-00001-of-00003.safetensors",
            "models/m/versions/v0/checkpoint/model-00002-of-00003.safetensors",
            "models/m/versions/v0/checkpoint/model-00003-of-00003.safetensors",
            "models/m/versions/v0/checkpoint/model.safetensors.index.json",
            "models/m/versions/v0/version.json");
  }

  @Test
  void importsTheSameContentOnce() throws IOException {
    Version base = store.importModel("m", source);
    assertThat(store.importModel("m", source)).isEqualTo(base);
    Files.writeString(source.resolve("README.md"), "changed");
    assertThatThrownBy(() -> store.importModel("m", source))
        .isInstanceOf(ConflictException.class)
        .hasMessage(
            "model 'm' exists already, imported from "
                + source
                + " with other content; choose another name or another --store, or delete "
                + store.root().resolve("models/m")
                + " to give the model up with all its versions");
  }

  @Test
  void importsNothingWithNan() throws IOException {
    Path spoiled = temp.resolve("spoiled");
    try (Checkpoint checkpoint = Checkpoint.open(source)) {
      CheckpointWriter.write(
          checkpoint,
          spoiled,
          Map.of(Publishing.CHANGED, Goldens.floats(24, Float.NaN)),
          StorageFiles.Reuse.COPY);
    }
    assertThatThrownBy(() -> store.importModel("m", spoiled))
        .isInstanceOf(InputException.class)
        .hasMessage(
            spoiled
                + ": weights that are not finite cannot be edited: tensor '"
                + Publishing.CHANGED
                + "' holds NaN at [0, 0] (model-00002-of-00003.safetensors)");
    assertThat(temp.resolve("store")).doesNotExist();
  }

  @Test
  void publishesWhatChangedAndLinksTheRest() throws IOException {
    Version base = store.importModel("m", source);
    Version version = Publishing.publish(store, base, 0.5f);
    VersionManifest manifest = version.manifest();
    assertThat(store.version("m@v1")).isEqualTo(version);
    assertThat(manifest.parent()).isZero();
    assertThat(manifest.parentDigest()).isEqualTo(base.manifest().digest());
    assertThat(manifest.method()).isEqualTo("MEMIT");
    assertThat(manifest.settings().path("layers").textValue()).isEqualTo("3-7");
    assertThat(manifest.seed()).isEqualTo(42);
    assertThat(manifest.metrics().path("efficacy").doubleValue()).isEqualTo(0.99);
    assertThat(manifest.facts().count()).isEqualTo(1);
    assertThat(version.facts()).isEqualTo(Publishing.facts("x0.5"));
    assertThat(version.report().path("value").doubleValue()).isEqualTo(0.5);
    assertThat(store.model("m").current()).isEqualTo(1);
    assertThat(store.verify(VersionRef.parse("m"))).isEmpty();
    try (Checkpoint before = base.openCheckpoint();
        Checkpoint after = version.openCheckpoint()) {
      assertThat(manifest.digest()).isEqualTo(after.digest()).isNotEqualTo(before.digest());
      assertThat(manifest.changed()).hasSize(1);
      TensorChange change = manifest.changed().get(0);
      double norm = 0;
      double original = 0;
      for (int i = 0; i < 24; i++) {
        double old = before.data(Publishing.CHANGED).getFloat(4 * i);
        norm += (0.5 - old) * (0.5 - old);
        original += old * old;
      }
      assertThat(change.norm()).isCloseTo(Math.sqrt(norm), within(1e-12));
      assertThat(change.relative()).isCloseTo(Math.sqrt(norm / original), within(1e-12));
      assertThat(change.layer()).isZero();
      assertThat(change.values()).isEqualTo(24);
      assertThat(change.of()).isEqualTo(24);
    }
    for (Path file : tree(version.directory())) {
      assertThat(Files.getPosixFilePermissions(file))
          .doesNotContain(PosixFilePermission.OWNER_WRITE, PosixFilePermission.GROUP_WRITE);
      Path old = base.directory().resolve(version.directory().relativize(file));
      boolean linked =
          Files.exists(old)
              && Files.getAttribute(old, "unix:ino").equals(Files.getAttribute(file, "unix:ino"));
      String name = file.getFileName().toString();
      boolean own =
          Set.of(
                  "model-00002-of-00003.safetensors",
                  "version.json",
                  "delta.safetensors",
                  "facts.jsonl",
                  "report.json")
              .contains(name);
      assertThat(linked).as(name).isEqualTo(!own);
    }
    assertThat(files(store.root().resolve("models/m/staging"))).isEmpty();
  }

  @Test
  void leavesNothingOfAVersionThatIsNotPublished() throws IOException {
    Version base = store.importModel("m", source);
    Set<String> before = files(store.root());
    try (StagedVersion staged = store.stage(base)) {
      staged.write(Set.of(Publishing.CHANGED), name -> Goldens.floats(24, 1));
      try (Checkpoint edited = staged.openCheckpoint()) {
        assertThat(edited.data(Publishing.CHANGED).getFloat()).isEqualTo(1);
      }
      VersionDraft draft = Publishing.draft(State.Published, "j");
      assertThatThrownBy(() -> staged.publish(draft, Promotion.Manual))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("a version needs a checkpoint and facts");
    }
    assertThat(files(store.root())).isEqualTo(before);
  }

  @Test
  void refusesToPublishNan() {
    Version base = store.importModel("m", source);
    try (StagedVersion staged = store.stage(base)) {
      Set<String> names = Set.of(Publishing.CHANGED);
      assertThatThrownBy(
              () -> staged.write(names, name -> Goldens.floats(24, Float.POSITIVE_INFINITY)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("holds an infinity at [0, 0]");
    }
  }

  @Test
  void movesCurrentOnlyAsAsked() {
    Version base = store.importModel("m", source);
    Publishing.publish(store, base, 1, State.Published, Promotion.Manual);
    assertThat(store.model("m").current()).isZero();
    assertThat(store.version("m@latest").manifest().version()).isEqualTo(1);
    Publishing.publish(store, base, 2, State.Rejected, Promotion.Automatic);
    assertThat(store.model("m").current()).isZero();
    assertThat(store.version("m@latest").manifest().version()).isEqualTo(1);
    assertThat(store.version("m@v2").manifest().reason()).startsWith("efficacy 0.91");
    assertThatThrownBy(() -> store.promote("m", 2, false))
        .isInstanceOf(ConflictException.class)
        .hasMessage(
            "m@v2 was rejected (efficacy 0.91, required 0.95); promote it by force or choose"
                + " another version");
    assertThat(store.promote("m", 2, true).current()).isEqualTo(2);
    assertThat(store.promote("m", 0, false).current()).isZero();
    assertThat(store.version(VersionRef.of("m", "Current")).manifest().version()).isZero();
    assertThat(store.versions("m")).hasSize(3);
    assertThat(store.findByJob("m", "job1.0").orElseThrow().manifest().version()).isEqualTo(1);
    assertThat(store.findByJob("m", "other")).isEmpty();
  }

  @Test
  void tellsWhatChangedBetweenBranches() {
    Version base = store.importModel("m", source);
    Version one = Publishing.publish(store, base, 1);
    Publishing.publish(store, one, 2);
    Publishing.publish(store, one, 3);
    VersionDiff diff = store.diff(VersionRef.parse("m@v2"), VersionRef.parse("m@v3"));
    assertThat(diff.tensors())
        .containsExactly(
            new TensorChange(
                Publishing.CHANGED, 0, Math.sqrt(24), Math.sqrt(24) / Math.sqrt(96), 24, 24));
    assertThat(diff.removed())
        .containsExactly(new VersionDiff.FactsOf(2, Publishing.facts("x2.0")));
    assertThat(diff.added()).containsExactly(new VersionDiff.FactsOf(3, Publishing.facts("x3.0")));
    VersionDiff both = store.diff(VersionRef.parse("m@base"), VersionRef.parse("m@v2"));
    assertThat(both.added()).extracting(VersionDiff.FactsOf::version).containsExactly(1, 2);
    assertThat(both.removed()).isEmpty();
    VersionDiff none = store.diff(VersionRef.parse("m@v2"), VersionRef.parse("m@v2"));
    assertThat(none.tensors()).isEmpty();
    assertThat(none.added()).isEmpty();
    store.importModel("n", source);
    assertThatThrownBy(() -> store.diff(VersionRef.parse("m@v0"), VersionRef.parse("n@v0")))
        .isInstanceOf(InputException.class)
        .hasMessage("m@v0 and n@v0 are of different models; compare versions of one model");
  }

  @Test
  void exportsAPlainCopy() throws IOException {
    Version version = Publishing.publish(store, store.importModel("m", source), 1);
    Path target = temp.resolve("out/deep");
    store.export(VersionRef.parse("m@v1"), target);
    assertThat(files(target)).isEqualTo(files(version.checkpointDirectory()));
    for (String name : files(target)) {
      Path file = target.resolve(name);
      assertThat(file).hasSameBinaryContentAs(version.checkpointDirectory().resolve(name));
      assertThat(Files.getAttribute(file, "unix:nlink")).isEqualTo(1);
      assertThat(Files.getPosixFilePermissions(file)).contains(PosixFilePermission.OWNER_WRITE);
    }
    assertThatThrownBy(() -> store.export(VersionRef.parse("m@v1"), target))
        .isInstanceOf(InputException.class)
        .hasMessage(target + ": not empty; export to a new or an empty directory");
    Path file = Files.writeString(temp.resolve("file"), "x");
    assertThatThrownBy(() -> store.export(VersionRef.parse("m@v1"), file))
        .isInstanceOf(InputException.class)
        .hasMessage(file + ": a file; give a directory to export to");
    Path empty = Files.createDirectory(temp.resolve("empty"));
    store.export(VersionRef.parse("m@v1"), empty);
    assertThat(files(empty)).isEqualTo(files(target));
  }

  @Test
  void findsWhatWasTamperedWith() throws IOException {
    Version version = Publishing.publish(store, store.importModel("m", source), 1);
    Path shard = version.checkpointDirectory().resolve("model-00002-of-00003.safetensors");
    Files.setPosixFilePermissions(shard, Set.of(PosixFilePermission.values()));
    byte[] bytes = Files.readAllBytes(shard);
    bytes[bytes.length - 1] ^= 1;
    Files.write(shard, bytes);
    Path report = version.directory().resolve("report.json");
    Files.delete(report);
    Files.writeString(report, "{}");
    Path facts = version.directory().resolve("facts.jsonl");
    Files.delete(facts);
    Path extra = Files.writeString(version.directory().resolve("extra"), "x");
    long size =
        version.manifest().files().stream()
            .filter(file -> file.path().equals("report.json"))
            .findFirst()
            .orElseThrow()
            .size();
    assertThat(store.verify(VersionRef.parse("m@v1")))
        .containsExactly(
            shard + ": its content is not what was published",
            facts + ": missing",
            report + ": has 2 bytes, the manifest says " + size,
            extra + ": not in the manifest");
    assertThatThrownBy(version::reportFile)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("its content is not what was published");
    assertThatThrownBy(version::factsFile)
        .isInstanceOf(InputException.class)
        .hasMessageContaining(facts.toString());
    assertThat(store.version("m@base").factsFile()).isEmpty();
  }

  @Test
  void knowsWhereTheUsersStoreIs() {
    assertThat(VersionStore.defaultRoot(Map.of("XDG_DATA_HOME", "/data")))
        .isEqualTo(Path.of("/data/errata"));
    Path home = Path.of(System.getProperty("user.home"), ".local/share/errata");
    assertThat(VersionStore.defaultRoot(Map.of())).isEqualTo(home);
    assertThat(VersionStore.defaultRoot(Map.of("XDG_DATA_HOME", "x"))).isEqualTo(home);
  }

  @Test
  void keepsWorkspacesAndStatistics() {
    store.importModel("m", source);
    Path workspace = store.workspace("m", "sha256:1");
    assertThat(workspace).isDirectory().isEqualTo(store.workspace("m", "sha256:1"));
    assertThat(store.workspace("m", "sha256:2")).isNotEqualTo(workspace);
    assertThat(store.statisticsCache()).isDirectory();
    assertThat(store.models()).extracting(Model::name).isEqualTo(List.of("m"));
  }

  private static List<Path> tree(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  private static Set<String> files(Path directory) throws IOException {
    return tree(directory).stream()
        .map(file -> directory.relativize(file).toString())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
