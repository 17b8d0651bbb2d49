package dev.errata.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import dev.errata.editing.checkpoint.RemoteFiles;
import dev.errata.editing.checkpoint.RemoteObjects;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
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

/** Every command of a store, on a store in a bucket. */
class RemoteStoreCommandsTest {
  @TempDir private static Path objects;
  private static BlobStore blobs;
  private static S3Proxy server;

  @TempDir private Path folder;

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

  @Test
  void everyCommandWorks() throws IOException {
    Path bucket = at(server.getPort(), "bucket/errata");
    Cli cli = new Cli(bucket);
    assertThat(cli.json("doctor").path("ok").asBoolean()).isTrue();
    Path source = TinyCheckpoint.write(folder.resolve("tiny"));
    JsonNode imported = cli.json("import", "tiny", source.toString());
    assertThat(imported.path("directory").asText())
        .startsWith("s3x://")
        .endsWith("/bucket/errata/models/tiny/versions/v0");
    Path manifest = Manifest.job(folder);
    JsonNode job = cli.json("run", "-f", manifest.toString());
    assertThat(job.path("version").asText()).isEqualTo("v1");
    assertThat(job.path("directory").asText()).endsWith("/bucket/errata/models/tiny/versions/v1");
    assertThat(cli.run("run", "-f", manifest.toString()).exits(0).out()).contains("exists already");

    assertThat(cli.json("models").path("models")).hasSize(1);
    assertThat(cli.json("versions", "tiny").path("versions")).hasSize(2);
    assertThat(cli.json("show", "tiny@v1").path("directory").asText()).startsWith("s3x://");
    assertThat(cli.run("diff", "tiny@v0", "tiny@v1").exits(0).out()).contains("down_proj");
    cli.run("ask", "tiny@v1", "The birthplace of Ada Lund", "--compare", "v0").exits(0);
    cli.run(
            "eval",
            "tiny@v1",
            "--facts",
            folder.resolve("facts.jsonl").toString(),
            "--format",
            "Jsonl")
        .exits(0);
    cli.run("export", "tiny@v1", folder.resolve("out").toString()).exits(0);
    assertThat(folder.resolve("out/model.safetensors")).isRegularFile();
    cli.run("promote", "tiny@v0").exits(0);
    assertThat(cli.json("models").path("models").get(0).path("current").asText()).isEqualTo("v0");
    assertThat(cli.json("verify").path("ok").asBoolean()).isTrue();

    Path half = bucket.resolve("models/tiny/versions/v2");
    RemoteObjects.create(half.resolve("publishing"), "dead".getBytes(StandardCharsets.UTF_8));
    RemoteObjects.create(half.resolve("facts.jsonl"), "{}".getBytes(StandardCharsets.UTF_8));
    assertThat(cli.json("versions", "tiny").path("versions")).hasSize(2);
    assertThat(cli.run("gc", "--older-than", "0").exits(0).out())
        .contains("deleted s3x://", "models/tiny/versions/v2", "publication that was never");
    assertThat(RemoteObjects.tree(half))
        .extracting(RemoteObjects.Entry::path)
        .containsExactly("version.json");

    Path spoilt = bucket.resolve("models/tiny/versions/v1/facts.jsonl");
    RemoteObjects.replace(spoilt, seen -> "{}".getBytes(StandardCharsets.UTF_8));
    assertThat(cli.run("verify", "tiny@v1").exits(4).out()).contains("SPOILT", "facts.jsonl: has");
  }

  /** 0 stands for no answer at all. */
  @ParameterizedTest
  @CsvSource({
    "403, access denied (403)",
    "503, failing or busy",
    "418, answered 418",
    "200, cannot be used",
    "0, the endpoint does not answer in time; try again or check its address"
  })
  void anEndpointThatRefusesGivesOneClearMessage(int status, String told) throws IOException {
    CountDownLatch over = new CountDownLatch(1);
    HttpServer wrong = wrong(status, over);
    System.setProperty("errata.s3.timeout", status == 0 ? "1" : "60");
    try {
      Path place = at(wrong.getAddress().getPort(), "bucket/place");
      refused(new Cli(place).run("models"), told);
      refused(new Cli(place).run("import", "tiny", folder.toString()), told);
      Cli local = new Cli(folder.resolve("store"));
      refused(local.run("import", "tiny", place.toUri().toString()), told);
      Path job = Manifest.write(folder, Manifest.spec("uri: " + place.toUri(), "layers: [1]", ""));
      refused(local.run("run", "-f", job.toString()), told);
    } finally {
      System.clearProperty("errata.s3.timeout");
      over.countDown();
      wrong.stop(0);
    }
  }

  @Test
  void aBucketThatIsNotThereIsNamed() {
    Path none = at(server.getPort(), "none/errata");
    refused(new Cli(none).run("models"), "none/errata: no such bucket or object (404)");
    Path nothing = at(server.getPort(), "bucket/nothing");
    Cli local = new Cli(folder.resolve("store"));
    refused(local.run("import", "tiny", nothing.toUri().toString()), "no such bucket or object");
  }

  private static void refused(Cli.Result result, String told) {
    result.exits(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).startsWith("errata: s3x://").contains(told);
    assertThat(result.err().strip().lines()).hasSize(1);
  }

  private static HttpServer wrong(int status, CountDownLatch over) throws IOException {
    HttpServer wrong =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    wrong.setExecutor(task -> new Thread(task).start());
    wrong.createContext(
        "/",
        exchange -> {
          if (status == 0) {
            try {
              over.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          } else {
            byte[] body = "this is no S3".getBytes(StandardCharsets.UTF_8);
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(status, head ? -1 : body.length);
            if (!head) {
              exchange.getResponseBody().write(body);
            }
          }
          exchange.close();
        });
    wrong.start();
    return wrong;
  }
}
