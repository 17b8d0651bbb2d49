package dev.errata.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.broker.Broker;
import dev.errata.worker.progress.Heard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job is watched over a real broker while it runs, and after its end. */
class WatchCommandTest {
  @TempDir private Path folder;
  private Cli cli;

  @BeforeEach
  void importModel() throws IOException {
    cli = new Cli(folder.resolve("store"));
    TinyCheckpoint.write(folder.resolve("tiny"));
    cli.run("import", "tiny", folder.resolve("tiny").toString()).exits(0);
  }

  @Test
  void theBarsOfARunAreShownElsewhere() throws Exception {
    try (Broker broker = Broker.open()) {
      Heard.topics(broker);
      String kafka = "--kafka=" + broker.bootstrap();
      CompletableFuture<Cli.Result> watched =
          CompletableFuture.supplyAsync(() -> cli.run("watch", "small", kafka));
      cli.run("run", "-f", Manifest.job(folder).toString(), kafka).exits(0);
      Cli.Result live = watched.get(10, TimeUnit.MINUTES).exits(0);
      assertThat(live.out()).contains("Published: tiny@v1 is Published");
      assertThat(live.err()).contains("values", "evaluate after");

      assertThat(cli.json("watch", "small", kafka).path("version").asText()).isEqualTo("v1");
    }
  }

  @Test
  void brokersThatDoNotAnswerAreNamed() {
    assertThat(cli.run("watch", "small", "--kafka=localhost:1").exits(2).err())
        .contains("Kafka at localhost:1 cannot be read");
  }
}
