package dev.errata.worker.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.api.WorkerReport;
import dev.errata.api.event.JobRef;
import dev.errata.api.event.KafkaAccess;
import dev.errata.api.event.Topics;
import dev.errata.api.resource.Stage;
import dev.errata.broker.Broker;
import dev.errata.worker.progress.Heard;
import dev.errata.worker.progress.JobEvents;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;

/** A watch comes to its end whatever is lost on the way. */
class KafkaWatchTest {
  private static final JobRef CLUSTER = new JobRef("default", "j", "a-uid", "m");
  private static final JobRef LAPTOP = JobRef.of(null, "j", null, "m");

  private final BlockingQueue<String> notes = new LinkedBlockingQueue<>();
  private final Progress shown =
      new Progress() {
        @Override
        public void stage(String name, String unit) {}

        @Override
        public void advance(long done, long total) {}

        @Override
        public void note(String text) {
          notes.add(text);
        }
      };

  private KafkaWatch watch(Broker broker, Function<String, Optional<JobEnd>> status) {
    AtomicInteger looks = new AtomicInteger();
    Instant begin = Instant.now();
    InstantSource hasty =
        () -> begin.plus(Duration.ofSeconds(10).multipliedBy(looks.incrementAndGet()));
    return new KafkaWatch(
        access(broker), "default", "j", shown, status, hasty.withZone(ZoneOffset.UTC));
  }

  private static KafkaAccess access(Broker broker) {
    return new KafkaAccess(broker.bootstrap(), Map.of());
  }

  private static void tell(Broker broker, JobRef job, String version) {
    try (JobEvents events = JobEvents.open(access(broker), job, JobEvents.Place.LAPTOP)) {
      events.stage(Stage.Values, "values", "facts");
      if (version != null) {
        events.result(
            new WorkerReport(
                Stage.Publish,
                "Published",
                null,
                version,
                "v0",
                version,
                version,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null));
      }
    }
  }

  @Test
  void aRunThatFallsSilentHasEnded() {
    try (Broker broker = Broker.open()) {
      Heard.topics(broker);
      tell(broker, LAPTOP, "v1");
      tell(broker, LAPTOP, null);
      JobEnd end = watch(broker, uid -> Optional.empty()).run();
      assertThat(end.state()).isEqualTo(JobEnd.UNKNOWN);
      assertThat(end.message()).startsWith("nothing is heard of the run any more");

      tell(broker, LAPTOP, "v2");
      assertThat(watch(broker, uid -> Optional.empty()).run().version()).isEqualTo("v2");
    }
  }

  @Test
  void theStatusSaysWhatWorkersDoNot() {
    try (Broker broker = Broker.open()) {
      Heard.topics(broker);
      tell(broker, CLUSTER, null);
      JobEnd failed = new JobEnd("j", "default", JobEnd.FAILED, null, "line 3");
      JobEnd end =
          watch(broker, uid -> "a-uid".equals(uid) ? Optional.of(failed) : Optional.empty()).run();
      assertThat(end).isEqualTo(failed);
    }
  }

  @Test
  void aBrokerThatGoesAwayIsSaidToBeAndWaitedFor() throws Exception {
    try (Broker broker = Broker.open()) {
      Heard.topics(broker);
      tell(broker, CLUSTER, null);
      KafkaWatch watch = watch(broker, uid -> Optional.empty());
      CompletableFuture<JobEnd> end = CompletableFuture.supplyAsync(watch::run);
      assertThat(notes.take()).startsWith("nothing is heard of the job's pods");
      broker.stop();
      assertThat(notes.take())
          .isEqualTo("Kafka at " + broker.bootstrap() + " does not answer; waiting for it");
      broker.start();
      while (!end.isDone()) {
        tell(broker, CLUSTER, "v1");
      }
      assertThat(end.get().version()).isEqualTo("v1");
    }
  }

  @Test
  void topicsThatAreNotThereAreNamedAndNotMade() throws Exception {
    try (Broker broker = Broker.open()) {
      broker.topic(Topics.PROGRESS, 1, Map.of());
      assertThatThrownBy(() -> watch(broker, uid -> Optional.empty()).run())
          .isInstanceOf(InputException.class)
          .hasMessageContaining("errata.versions are not there yet; the operator makes them");
      try (Admin admin = broker.admin()) {
        assertThat(admin.listTopics().names().get()).containsExactly(Topics.PROGRESS);
      }
    }
  }
}
