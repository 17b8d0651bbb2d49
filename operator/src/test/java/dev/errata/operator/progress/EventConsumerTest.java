package dev.errata.operator.progress;

import static dev.errata.operator.progress.Told.event;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.event.KafkaAccess;
import dev.errata.api.event.ProgressEvent;
import dev.errata.api.event.Topics;
import dev.errata.api.resource.Stage;
import dev.errata.broker.Broker;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

/** The operator's ear on a real broker. */
class EventConsumerTest {
  private static ConditionFactory soon() {
    return Awaitility.await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(100));
  }

  private static final class Collected implements EventConsumer.Listener {
    private final Set<Long> sequences = ConcurrentHashMap.newKeySet();

    @Override
    public void progress(ProgressEvent event) {
      sequences.add(event.sequence());
    }
  }

  @Test
  void brokenRecordsAreKeptWithTheReasonAndTheRestGoesOn() throws Exception {
    try (Broker broker = Broker.withPasswords();
        Hearing hearing = Hearing.open(Told.access(broker), "operator", true, Clock.systemUTC())) {
      soon().until(() -> hearing.consumer().connected());
      try (Told told = new Told(broker)) {
        told.send(event("a", Stage.Values, 0, 0, 1, 1, 10)).get();
        told.raw(Topics.PROGRESS, "a", "no event").get();
        told.raw(Topics.VERSIONS, "a", "{}").get();
        told.send(event("a", Stage.Values, 0, 0, 2, 7, 10)).get();
      }
      soon().until(() -> hearing.consumer().broken() == 2);
      soon()
          .untilAsserted(
              () ->
                  assertThat(hearing.progress("a", Stage.Values, 0).orElseThrow().done())
                      .isEqualTo(7));
      List<ConsumerRecord<String, byte[]>> dead = dead(Told.access(broker), 2);
      assertThat(dead)
          .extracting(letter -> new String(letter.value(), StandardCharsets.UTF_8))
          .containsExactlyInAnyOrder("no event", "{}");
      assertThat(dead)
          .allSatisfy(
              letter -> {
                assertThat(letter.key()).isEqualTo("a");
                assertThat(header(letter, DeadLetters.REASON)).isNotEmpty();
                assertThat(header(letter, DeadLetters.PLACE)).matches("errata\\..*-\\d+@\\d+");
              });
    }
  }

  /** Tells without a pause until it is stopped; keeps what brokers have acknowledged. */
  private static final class Talker implements AutoCloseable {
    private final Told told;
    private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
    private final Thread thread = new Thread(this::talk, "talker");
    private volatile boolean done;

    Talker(Broker broker) {
      told = new Told(broker);
      thread.start();
    }

    private void talk() {
      for (long i = 0; !done; i++) {
        long sequence = i;
        var unused =
            told.send(
                event("job-" + i % 50, Stage.Values, 0, 0, sequence, 1, 10),
                () -> acknowledged.add(sequence));
        // Some ten thousand a second.
        LockSupport.parkNanos(50_000);
      }
    }

    /** Waits until so many more have arrived. */
    void awaitMore(int count) {
      int before = acknowledged.size();
      soon().until(() -> acknowledged.size() >= before + count);
    }

    @Override
    public void close() throws InterruptedException {
      done = true;
      thread.join();
      told.close();
    }
  }

  /** What was acknowledged is heard, whatever brokers and consumers do while it is told. */
  @Test
  void aRestartOfTheBrokerAndRebalancesLoseNothing() throws Exception {
    Collected heard = new Collected();
    try (Broker broker = Broker.open();
        EventConsumer first = EventConsumer.open(Told.access(broker), "g", true, heard)) {
      soon().until(first::connected);
      Talker talker = new Talker(broker);
      try (talker) {
        talker.awaitMore(1000);
        broker.stop();
        broker.start();
        talker.awaitMore(1000);
        EventConsumer second = EventConsumer.open(Told.access(broker), "g", true, heard);
        try (second) {
          soon().until(() -> second.heard() > 0);
          talker.awaitMore(1000);
        }
        long alone = first.heard();
        soon().until(() -> first.heard() > alone);
        talker.awaitMore(1000);
      }
      soon().untilAsserted(() -> assertThat(heard.sequences).containsAll(talker.acknowledged));
      assertThat(talker.acknowledged).hasSizeGreaterThan(4000);
    }
  }

  @Test
  void whatWasToldWhileNobodyListenedIsHeardAfterwards() throws Exception {
    Collected heard = new Collected();
    try (Broker broker = Broker.open()) {
      EventTopics.make(Told.access(broker));
      try (Told told = new Told(broker)) {
        told.send(event("a", Stage.Values, 0, 0, 1, 1, 10)).get();
        try (EventConsumer consumer = EventConsumer.open(Told.access(broker), "g", false, heard)) {
          soon().untilAsserted(() -> assertThat(heard.sequences).containsExactly(1L));
        }
        told.send(event("a", Stage.Values, 0, 0, 2, 2, 10)).get();
      }
      try (EventConsumer consumer = EventConsumer.open(Told.access(broker), "g", false, heard)) {
        soon().untilAsserted(() -> assertThat(heard.sequences).containsExactlyInAnyOrder(1L, 2L));
        assertThat(consumer.heard()).isEqualTo(1);
      }
    }
  }

  @Test
  void aBrokerThatComesLateIsWaitedFor() throws Exception {
    Collected heard = new Collected();
    try (Broker broker = Broker.down();
        EventConsumer consumer = EventConsumer.open(Told.access(broker), "g", true, heard)) {
      assertThat(consumer.connected()).isFalse();
      broker.start();
      soon().until(consumer::connected);
      try (Told told = new Told(broker)) {
        told.send(event("a", Stage.Values, 0, 0, 1, 1, 10)).get();
      }
      soon().untilAsserted(() -> assertThat(heard.sequences).containsExactly(1L));
    }
  }

  private static String header(ConsumerRecord<?, ?> letter, String name) {
    return new String(letter.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  private static List<ConsumerRecord<String, byte[]>> dead(KafkaAccess access, int count) {
    Map<String, Object> settings = new HashMap<>(access.properties());
    settings.put("bootstrap.servers", access.bootstrap());
    List<ConsumerRecord<String, byte[]>> letters = new ArrayList<>();
    try (var consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> all = List.of(new TopicPartition(Topics.DEAD_LETTERS, 0));
      consumer.assign(all);
      consumer.seekToBeginning(all);
      soon()
          .until(
              () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(letters::add);
                return letters.size() >= count;
              });
    }
    return letters;
  }
}
