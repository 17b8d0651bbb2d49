package dev.errata.worker.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.WorkerReport;
import dev.errata.api.event.JobRef;
import dev.errata.api.event.KafkaAccess;
import dev.errata.api.event.ProgressEvent;
import dev.errata.api.event.VersionEvent;
import dev.errata.api.resource.Stage;
import dev.errata.broker.Broker;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever tells is never held up, and knows in the end what has not arrived. */
class EventSenderTest {
  private static final JobRef JOB = JobRef.of("lab", "j", "uid", "m");

  private static JobEvents tell(String bootstrap, int stages) {
    JobEvents events =
        new JobEvents(
            new KafkaAccess(bootstrap, Map.of()),
            JOB,
            JobEvents.Place.LAPTOP,
            Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
    for (int i = 0; i < stages; i++) {
      events.stage(Stage.Values, "values", "facts");
    }
    return events;
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost:1", "no-such-host.invalid:9092"})
  void whatNobodyTakesIsCounted(String bootstrap) {
    // More than there is room for: a sender that waited for room would not come back.
    JobEvents events = tell(bootstrap, 5000);
    events.close();
    assertThat(events.loss().orElseThrow()).startsWith("5000 of 5000 events did not reach Kafka");
  }

  @Test
  void aBrokerThatTakesConnectionsAndSaysNothingIsNotWaitedForLong() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      JobEvents events = tell("localhost:" + silent.getLocalPort(), 3);
      events.close();
      assertThat(events.loss().orElseThrow()).startsWith("3 of 3 events did not reach Kafka");
    }
  }

  @Test
  void whoIsNoFurtherSaysSo() throws Exception {
    try (Broker broker = Broker.open()) {
      Heard.topics(broker);
      KafkaAccess access = new KafkaAccess(broker.bootstrap(), Map.of());
      // Every look at this clock finds ten seconds gone.
      AtomicLong looks = new AtomicLong();
      AtomicBoolean told = new AtomicBoolean();
      CountDownLatch beats = new CountDownLatch(6);
      InstantSource hasty =
          () -> {
            if (told.get()) {
              beats.countDown();
            }
            return Instant.EPOCH.plus(JobEvents.BEAT.multipliedBy(looks.incrementAndGet()));
          };
      try (JobEvents events =
          new JobEvents(access, JOB, JobEvents.Place.LAPTOP, hasty.withZone(ZoneOffset.UTC))) {
        events.stage(Stage.Update, "update", "layers");
        events.advance(1, 4);
        told.set(true);
        beats.await();
      }
      List<ProgressEvent> progress = Heard.of(access).progress();
      assertThat(progress).extracting(e -> e.sequence()).isSorted().doesNotHaveDuplicates();
      assertThat(progress).filteredOn(e -> e.done() == 1).hasSizeGreaterThan(2);
    }
  }

  /** The bounds within which progress is sent are too short for a machine that is busy. */
  @Test
  void theResultArrivesOverABrokerThatWasSlowToAnswer() throws Exception {
    try (Broker broker = Broker.open();
        Door door = new Door(broker.bootstrap())) {
      Heard.topics(broker);
      JobEvents events = tell(door.address(), 1);
      Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> events.dropped() == 1);
      events.result(
          new WorkerReport(
              Stage.Publish,
              "Published",
              null,
              "v1",
              "v0",
              "v1",
              "v1",
              null,
              null,
              null,
              null,
              null,
              null,
              null,
              null));
      door.open();
      events.close();
      Heard heard = Heard.of(new KafkaAccess(broker.bootstrap(), Map.of()));
      assertThat(heard.versions()).extracting(VersionEvent::version).containsExactly("v1");
      assertThat(events.dropped()).isEqualTo(1);
    }
  }

  @Test
  void whatABrokerTakesArrivesInItsOrder() throws Exception {
    try (Broker broker = Broker.open()) {
      Heard.topics(broker);
      JobEvents events = tell(broker.bootstrap(), 50);
      events.advance(1, 9);
      events.advance(7, 9);
      events.close();
      assertThat(events.loss()).isEmpty();
      Heard heard = Heard.of(new KafkaAccess(broker.bootstrap(), Map.of()));
      assertThat(heard.progress()).hasSizeBetween(51, 52);
      assertThat(heard.progress().get(heard.progress().size() - 1).done()).isEqualTo(7);
      assertThat(heard.progress()).extracting(e -> e.sequence()).isSorted();
      assertThat(heard.keys()).containsOnly("uid");
    }
  }
}
