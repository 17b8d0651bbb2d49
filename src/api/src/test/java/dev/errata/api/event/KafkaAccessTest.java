package dev.errata.api.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KafkaAccessTest {
  @TempDir private Path folder;

  @Test
  void readsWhatASecretHoldsAndKeepsIt() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve(KafkaAccess.FILE),
            """
            security.protocol=SASL_SSL
            sasl.jaas.config=password=hush
            ssl.truststore.type=PEM
            ssl.truststore.location=ca.crt
            """);
    KafkaAccess access = KafkaAccess.of("one:9092,two:9092", file);
    assertThat(access.properties())
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("ssl.truststore.location", folder.resolve("ca.crt").toString());
    assertThat(access.toString()).isEqualTo("Kafka at one:9092,two:9092");
  }

  @Test
  void refusesWhatIsNoMatterOfAccess() throws IOException {
    Path file = Files.writeString(folder.resolve("x"), "acks=0\ninterceptor.classes=a.B\n");
    assertThatThrownBy(() -> KafkaAccess.of("one:9092", file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("acks: only security.*, sasl.* and ssl.* may be set")
        .hasMessageContaining("interceptor.classes");
    assertThatThrownBy(() -> KafkaAccess.of("one:9092", folder.resolve("absent")))
        .isInstanceOf(InputException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "one", "one:", "one:9092,", "one 1:9092", "one:9092, two:9092"})
  void refusesWhatIsNoListOfBrokers(String bootstrap) {
    assertThatThrownBy(() -> KafkaAccess.of(bootstrap, null))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("write HOST:PORT");
  }
}
