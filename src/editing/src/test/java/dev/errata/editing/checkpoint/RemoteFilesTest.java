package dev.errata.editing.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.errata.api.InputException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against a real server that speaks S3, in this process. */
class RemoteFilesTest {
  private static final Path GOLDEN = Path.of("src/test/resources/goldens/qwen3");
  private static S3Proxy server;
  private static BlobStore blobs;

  @TempDir private static Path objects;
  @TempDir private Path temporary;

  @BeforeAll
  static void serve() throws Exception {
    Properties settings = new Properties();
    settings.setProperty("jclouds.filesystem.basedir", objects.toRealPath().toString());
    blobs = BlobStores.create("filesystem", settings);
    blobs.createContainer("bucket");
    server =
        S3Proxy.builder()
            .blobStore(blobs)
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "someone", "secret")
            .ignoreUnknownHeaders(true)
            .stopTimeout(0)
            .endpoint(URI.create("http://127.0.0.1:0"))
            .build();
    server.start();
    RemoteFiles.configure(Map.of("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:" + server.getPort()));
    System.setProperty("aws.region", "us-east-1");
    System.setProperty("aws.accessKeyId", "someone");
    System.setProperty("aws.secretAccessKey", "secret");
  }

  @AfterAll
  static void stop() throws Exception {
    server.stop();
    blobs.close();
  }

  private static Path at(int port, String key) {
    return Path.of(URI.create("s3x://127.0.0.1:" + port + "/" + key));
  }

  private static Path remote(String key) {
    return at(server.getPort(), "bucket/" + key);
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
        writers.add(
            () -> {
              try {
                StorageFiles.createExclusively(file, content);
                return true;
              } catch (FileAlreadyExistsException e) {
                return false;
              }
            });
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
    assertThatThrownBy(() -> RemoteFiles.localDirectory(at(server.getPort(), "other/x"), temporary))
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
    HttpServer wrong =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    wrong.createContext(
        "/",
        exchange -> {
          byte[] body = "this is no S3".getBytes(StandardCharsets.UTF_8);
          boolean head = exchange.getRequestMethod().equals("HEAD");
          exchange.sendResponseHeaders(status, head ? -1 : body.length);
          if (!head) {
            exchange.getResponseBody().write(body);
          }
          exchange.close();
        });
    wrong.start();
    try {
      Path place = at(wrong.getAddress().getPort(), "bucket/models/tiny");
      assertThatThrownBy(() -> RemoteFiles.localDirectory(place, temporary))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(told)
          .hasMessageContaining("bucket/models/tiny");
    } finally {
      wrong.stop(0);
    }
  }
}
