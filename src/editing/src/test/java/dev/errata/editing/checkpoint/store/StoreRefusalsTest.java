package dev.errata.editing.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Goldens;
import dev.errata.editing.checkpoint.IoProblems;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StoreRefusalsTest {
  @TempDir Path temp;

  private VersionStore store() {
    VersionStore store = VersionStore.open(temp.resolve("store"));
    store.importModel("smollm2", Goldens.path("sharded"));
    return store;
  }

  @Test
  void namesTheModelsThatItKnows() {
    VersionStore empty = VersionStore.open(temp.resolve("empty"));
    assertThatThrownBy(() -> empty.model("m"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "no model 'm': the store "
                + temp.resolve("empty")
                + " is empty; import one: errata import m SOURCE");
    VersionStore store = store();
    store.importModel("world", Goldens.path("sharded"));
    assertThatThrownBy(() -> store.versions("smolm2"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "no model 'smolm2' in "
                + store.root()
                + "; did you mean 'smollm2'? known models: smollm2, world");
    assertThatThrownBy(() -> store.version("gpt@v1"))
        .isInstanceOf(InputException.class)
        .hasMessage("no model 'gpt' in " + store.root() + "; known models: smollm2, world");
    assertThatThrownBy(() -> store.version("smollm2@v7"))
        .isInstanceOf(InputException.class)
        .hasMessage("model 'smollm2' has no version v7; it has v0");
  }

  @ParameterizedTest
  @CsvSource({
    "m@V3,m@v3",
    "m@current,m@current",
    "m,m@current",
    "m@Latest,m@latest",
    "a.b-c@base,a.b-c@base",
    "m@v0,m@v0"
  })
  void readsReferences(String text, String meaning) {
    assertThat(VersionRef.parse(text)).hasToString(meaning);
  }

  @ParameterizedTest
  @ValueSource(strings = {"m@3", "m@v", "m@", "m@v01", "m@v-1", "m@v1@v2", "m@v99999999999"})
  void refusesOtherVersions(String text) {
    assertThatThrownBy(() -> VersionRef.parse(text))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "version '"
                + text.substring(2)
                + "' of model 'm': write v0, v1, …, current, latest or base");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "../x", "M", "a/b", "-a", "a-", "a..b", "a b", "é"})
  void refusesOtherNames(String name) {
    VersionStore store = VersionStore.open(temp.resolve("store"));
    assertThatThrownBy(() -> store.importModel(name, Goldens.path("sharded")))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "model name '"
                + name
                + "': use at most 63 lower-case letters, digits, '-' and '.', with a letter or"
                + " digit at both ends");
  }

  @Test
  void refusesADamagedManifest() throws IOException {
    VersionStore store = store();
    Path manifest = writable(store.version("smollm2@v0").directory().resolve("version.json"));
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.substring(0, text.length() / 2));
    assertThatThrownBy(() -> store.version("smollm2@v0"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(manifest + ": damaged: line ")
        .hasMessageEndingWith("; restore the file from a backup or delete its directory");
    Files.writeString(manifest, "{\"model\":\"smollm2\"}");
    assertThatThrownBy(() -> store.versions("smollm2"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("state is missing");
    Files.writeString(manifest, text.replace("\"schema\" : 1", "\"schema\" : 2"));
    assertThatThrownBy(() -> store.version("smollm2"))
        .isInstanceOf(InputException.class)
        .hasMessage(manifest + ": written by a newer Errata (layout 2); update this one");
    Files.writeString(manifest, text.replace("\"version\" : 0", "\"version\" : 3"));
    assertThatThrownBy(() -> store.version("smollm2"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            manifest
                + ": the manifest is of smollm2@v3, its directory belongs to smollm2@v0; restore"
                + " the file from a backup or delete the directory");
    Files.writeString(manifest, text.replace("\"schema\" : 1", "\"schema\" : 1, \"new\" : 2"));
    assertThat(store.version("smollm2").manifest().version()).isZero();
  }

  @Test
  void refusesAFileForAStore() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "x");
    assertThatThrownBy(() -> VersionStore.open(file))
        .isInstanceOf(InputException.class)
        .hasMessage(file + ": a store is a directory, this is a file");
    VersionStore below = VersionStore.open(file.resolve("store"));
    assertThatThrownBy(() -> below.importModel("m", Goldens.path("sharded")))
        .isInstanceOf(InputException.class)
        .hasMessage(file.resolve("store") + ": leads through a file; give another directory");
  }

  @Test
  void refusesWorkThatDoesNotFit() {
    assertThatThrownBy(() -> StoredFiles.requireSpace(temp, Long.MAX_VALUE))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(temp + ": the disk is full: 9223372036854.8 MB are needed, ")
        .hasMessageEndingWith(" MB are free; free space or choose another store");
  }

  @Test
  void saysWhatAPersonCanMend() {
    Path file = Path.of("f");
    assertThat(IoProblems.of(file, new IOException("No space left on device")))
        .isInstanceOf(InputException.class)
        .hasMessage("f: the disk is full; free space or choose another place");
    assertThat(IoProblems.of(file, new FileSystemException("f", null, "Read-only file system")))
        .isInstanceOf(InputException.class)
        .hasMessage("f: the file system is read-only; choose another place");
    assertThat(IoProblems.of(file, new AccessDeniedException("f")))
        .isInstanceOf(InputException.class)
        .hasMessage("f: permission denied; grant it or choose another place");
    assertThat(IoProblems.of(file, new IOException("odd")))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage("f: odd");
  }

  private static Path writable(Path file) throws IOException {
    return Files.setPosixFilePermissions(file, Set.of(PosixFilePermission.values()));
  }
}
