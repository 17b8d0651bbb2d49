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
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.RecordMetadata;
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

  /** What was acknowledged is heard, whatever brokers and consumers do meanwhile. */
  @Test
  void aRestartOfTheBrokerAndARebalanceLoseNothing() throws Exception {
    Collected heard = new Collected();
    int each = 500;
    try (Broker broker = Broker.open();
        EventConsumer first = EventConsumer.open(Told.access(broker), "g", true, heard)) {
      soon().until(first::connected);
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      try (Told told = new Told(broker)) {
        for (int i = 0; i < 4 * each; i++) {
          sent.add(told.send(event("job-" + i % 50, Stage.Values, 0, 0, i, 1, 10)));
          if (i == each) {
            sent.get(i).get();
            broker.stop();
            broker.start();
          } else if (i == 2 * each) {
            try (EventConsumer second = EventConsumer.open(Told.access(broker), "g", true, heard)) {
              soon().until(second::connected);
            }
          }
        }
        for (Future<RecordMetadata> one : sent) {
          one.get();
        }
      }
      soon().untilAsserted(() -> assertThat(heard.sequences).hasSize(4 * each));
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
