package dev.errata.operator.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.event.FailureEvent;
import dev.errata.broker.Broker;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What the operator tells of failures, on a real broker. */
class FailureSenderTest {
  private static FailureEvent failure(String uid, String reason) {
    return new FailureEvent("lab", "job-" + uid, uid, "world", reason, "line 3");
  }

  @Test
  void failuresAreToldThoughTheBrokerComesLate() throws Exception {
    try (Broker broker = Broker.down();
        FailureSender sender = FailureSender.open(Told.access(broker), Clock.systemUTC())) {
      sender.accept(failure("a", "BadInput"));
      sender.accept(failure("b", "Conflict"));
      sender.accept(failure("b", "ModelDeleted"));
      broker.start();
      assertThat(EventTopics.make(Told.access(broker))).isTrue();
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(
              () ->
                  assertThat(Outcomes.of(broker))
                      .containsOnly(
                          Map.entry("a", failure("a", "BadInput")),
                          Map.entry("b", failure("b", "ModelDeleted"))));
    }
  }

  @Test
  void whatWasToldLastIsSentBeforeTheEnd() throws Exception {
    try (Broker broker = Broker.open()) {
      EventTopics.make(Told.access(broker));
      try (FailureSender sender = FailureSender.open(Told.access(broker), Clock.systemUTC())) {
        sender.accept(failure("a", "BadInput"));
      }
      assertThat(Outcomes.of(broker)).containsOnlyKeys("a");
    }
  }
}
