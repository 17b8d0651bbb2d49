package dev.errata.editing.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against a real server that speaks S3, in this process. */
class RemoteFilesTest {
  private static final Path GOLDEN = Path.of("src/test/resources/goldens/qwen3");
  private static S3Server server;

  @TempDir private static Path objects;
  @TempDir private Path temporary;

  @BeforeAll
  static void serve() throws Exception {
    server = S3Server.start(objects);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static Path remote(String key) {
    return server.path(key);
  }

  private static void upload(String key) throws IOException {
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.write(remote(key + "/" + name), Files.readAllBytes(GOLDEN.resolve(name)));
    }
  }

  @Test
  void aCheckpointIsReadFromACopyThatIsKept() throws IOException {
    upload("models/tiny");
    Path copy = RemoteFiles.localDirectory(remote("models/tiny"), temporary);
    assertThat(RemoteFiles.isRemote(copy)).isFalse();
    try (Checkpoint copied = Checkpoint.open(copy)) {
      assertThat(copied.data("model.norm.weight").remaining()).isPositive();
      assertThat(copied.tensorNames()).isNotEmpty();
    }
    assertThat(copy.resolve("model.safetensors"))
        .hasSameBinaryContentAs(GOLDEN.resolve("model.safetensors"));
    assertThat(RemoteFiles.localDirectory(remote("models/tiny"), temporary)).isEqualTo(copy);

    Files.writeString(copy.resolve("config.json"), "spoilt");
    assertThat(RemoteFiles.localDirectory(remote("models/tiny"), temporary)).isEqualTo(copy);
    assertThat(copy.resolve("config.json")).hasSameBinaryContentAs(GOLDEN.resolve("config.json"));

    Files.writeString(remote("models/tiny/config.json"), "{}");
    assertThat(RemoteFiles.localDirectory(remote("models/tiny"), temporary)).isNotEqualTo(copy);
  }

  @Test
  void ofSeveralWritersOneWins() throws Exception {
    Path file = remote("models/race/version.json");
    ExecutorService pool = Executors.newFixedThreadPool(6);
    try {
      List<Callable<Boolean>> writers = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        byte[] content = ("writer " + i).getBytes(StandardCharsets.UTF_8);
        writers.add(() -> RemoteObjects.create(file, content));
      }
      int won = -1;
      List<Future<Boolean>> results = pool.invokeAll(writers);
      for (int i = 0; i < results.size(); i++) {
        if (results.get(i).get()) {
          assertThat(won).as("only one writer wins").isEqualTo(-1);
          won = i;
        }
      }
      assertThat(Files.readString(file)).isEqualTo("writer " + won);
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void whatIsNotThereIsNamed() {
    assertThatThrownBy(() -> RemoteFiles.localDirectory(remote("models/none"), temporary))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("bucket/models/none: no such bucket or object (404)");
    assertThatThrownBy(
            () ->
                RemoteFiles.localDirectory(
                    S3Server.at(server.server().getPort(), "other/x"), temporary))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no such bucket or object (404)");
  }

  @ParameterizedTest
  @CsvSource({
    "403, access denied (403)",
    "503, failing or busy",
    "500, failing or busy",
    "418, answered 418",
    "200, cannot be used"
  })
  void aServerThatAnswersWronglyGivesOneClearError(int status, String told) throws IOException {
    S3Server.answering(
        status,
        port ->
            assertThatThrownBy(
                    () ->
                        RemoteFiles.localDirectory(
                            S3Server.at(port, "bucket/models/tiny"), temporary))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(told)
                .hasMessageContaining("bucket/models/tiny"));
  }

  @Test
  void aServerThatDoesNotAnswerIsGivenUp() throws IOException {
    System.setProperty(Patience.SECONDS, "1");
    try {
      S3Server.answering(
          0,
          port ->
              assertThatThrownBy(
                      () ->
                          RemoteFiles.localDirectory(S3Server.at(port, "bucket/models"), temporary))
                  .isInstanceOf(InputException.class)
                  .hasMessageContaining("the endpoint does not answer in time"));
    } finally {
      System.clearProperty(Patience.SECONDS);
    }
  }
}
