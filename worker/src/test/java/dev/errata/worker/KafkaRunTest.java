package dev.errata.worker;

import static dev.errata.worker.RunCommandTest.assertSame;
import static dev.errata.worker.RunCommandTest.version;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.event.KafkaAccess;
import dev.errata.api.event.ProgressEvent;
import dev.errata.api.resource.Stage;
import dev.errata.broker.Broker;
import dev.errata.worker.progress.Heard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that tell a real broker how far they are, and one that is not there. */
class KafkaRunTest {
  @TempDir private Path folder;
  private Cli cli;

  @BeforeEach
  void importModel() throws IOException {
    cli = new Cli(folder.resolve("store"));
    TinyCheckpoint.write(folder.resolve("tiny"));
    cli.run("import", "tiny", folder.resolve("tiny").toString()).exits(0);
  }

  @Test
  void aJobTellsEveryStageAndItsResultToABrokerThatDemandsTlsAndAPassword() throws Exception {
    try (Broker broker = Broker.withPasswordsOverTls()) {
      Heard.topics(broker);
      KafkaAccess access = new KafkaAccess(broker.bootstrap(), broker.access(Broker.PASSWORD));
      Cli.Result result =
          run(cli, "--kafka", broker.bootstrap(), "--kafka-config", mounted(access.properties()))
              .exits(0);
      assertThat(result.err()).doesNotContain("did not reach Kafka", Broker.PASSWORD);
      Heard heard = Heard.of(access);
      assertThat(heard.progress())
          .extracting(ProgressEvent::stage)
          .contains(Stage.Statistics, Stage.Values, Stage.Update, Stage.Evaluate, Stage.Publish);
      assertThat(heard.progress())
          .extracting(ProgressEvent::sequence)
          .isSorted()
          .doesNotHaveDuplicates();
      assertThat(heard.progress()).allSatisfy(e -> assertThat(e.dropped()).isZero());
      ProgressEvent values =
          heard.progress().stream()
              .filter(e -> e.title().equals("values"))
              .reduce((one, next) -> next)
              .orElseThrow();
      assertThat(values.done()).isEqualTo(values.total()).isEqualTo(4);
      assertThat(heard.versions()).hasSize(1);
      assertThat(heard.versions().get(0).version()).isEqualTo("v1");
      assertThat(heard.versions().get(0).digest()).isEqualTo(version(cli).manifest().digest());
      assertThat(heard.versions().get(0).after()).containsEntry("exactMatch", 1.0);
      assertThat(heard.keys()).containsOnly(values.uid());
    }
  }

  @Test
  void aWrongPasswordOrAnAbsentBrokerChangesNothingButWhatIsHeard() throws Exception {
    Cli quiet = new Cli(folder.resolve("quiet"));
    quiet.run("import", "tiny", folder.resolve("tiny").toString()).exits(0);
    run(quiet).exits(0);
    Cli.Result refused;
    try (Broker broker = Broker.withPasswords()) {
      Heard.topics(broker);
      refused =
          run(
                  cli,
                  "--kafka",
                  broker.bootstrap(),
                  "--kafka-config",
                  config(broker.access("wrong-and-secret")))
              .exits(0);
    }
    assertThat(refused.err())
        .contains("events did not reach Kafka: Authentication failed")
        .doesNotContain("wrong-and-secret");
    assertSame(version(quiet), version(cli));

    Cli strange = new Cli(folder.resolve("strange"));
    strange.run("import", "tiny", folder.resolve("tiny").toString()).exits(0);
    try (Broker broker = Broker.withPasswordsOverTls()) {
      Heard.topics(broker);
      Map<String, String> untrusting = new HashMap<>(broker.access(Broker.PASSWORD));
      untrusting.keySet().removeIf(name -> name.startsWith("ssl."));
      assertThat(
              run(strange, "--kafka", broker.bootstrap(), "--kafka-config", config(untrusting))
                  .exits(0)
                  .err())
          .contains("events did not reach Kafka: SSL handshake failed");
    }
    assertSame(version(quiet), version(strange));

    Cli other = new Cli(folder.resolve("other"));
    other.run("import", "tiny", folder.resolve("tiny").toString()).exits(0);
    assertThat(run(other, "--kafka", "localhost:1").exits(0).err())
        .contains("events did not reach Kafka");
    assertSame(version(quiet), version(other));
  }

  @Test
  void wrongOptionsAreNamedBeforeAnythingIsWritten() throws IOException {
    assertThat(run(cli, "--kafka", "here").exits(2).err())
        .contains("Kafka's bootstrap servers \"here\": write HOST:PORT[,HOST:PORT…]");
    assertThat(
            run(cli, "--kafka", "a:1", "--kafka-config", config(Map.of("acks", "0")))
                .exits(2)
                .err())
        .contains("acks: only security.*, sasl.* and ssl.* may be set");
    assertThat(folder.resolve("store/models/tiny/versions/v1")).doesNotExist();
  }

  private Cli.Result run(Cli where, String... more) throws IOException {
    List<String> all =
        new java.util.ArrayList<>(List.of("run", "-f", Manifest.job(folder).toString()));
    all.addAll(List.of(more));
    return where.run(all.toArray(String[]::new));
  }

  /** As a Secret is mounted: the store of certificates beside the file that names it. */
  private String mounted(Map<String, String> settings) throws IOException {
    Map<String, String> relative = new HashMap<>(settings);
    Path trust = Path.of(settings.get("ssl.truststore.location"));
    Files.copy(trust, folder.resolve(trust.getFileName()));
    relative.put("ssl.truststore.location", trust.getFileName().toString());
    return config(relative);
  }

  private String config(Map<String, String> settings) throws IOException {
    StringBuilder text = new StringBuilder();
    settings.forEach((name, value) -> text.append(name).append('=').append(value).append('\n'));
    return Files.writeString(folder.resolve(KafkaAccess.FILE), text).toString();
  }
}
