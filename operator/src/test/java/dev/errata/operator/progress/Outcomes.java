package dev.errata.operator.progress;

import dev.errata.api.event.BrokenEventException;
import dev.errata.api.event.Events;
import dev.errata.api.event.KafkaAccess;
import dev.errata.api.event.Outcome;
import dev.errata.api.event.Topics;
import dev.errata.broker.Broker;
import io.cloudevents.kafka.KafkaMessageFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** What the topic of outcomes holds. */
public final class Outcomes {
  private Outcomes() {}

  /** The last of each job, by its key; the topic has one partition. */
  public static Map<String, Outcome> of(Broker broker) throws BrokenEventException {
    KafkaAccess access = Told.access(broker);
    Map<String, Object> settings = new HashMap<>(access.properties());
    settings.put("bootstrap.servers", access.bootstrap());
    Map<String, Outcome> outcomes = new HashMap<>();
    try (var consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
      TopicPartition all = new TopicPartition(Topics.VERSIONS, 0);
      consumer.assign(List.of(all));
      consumer.seekToBeginning(List.of(all));
      long end = consumer.endOffsets(List.of(all)).get(all);
      while (consumer.position(all) < end) {
        for (ConsumerRecord<String, byte[]> read : consumer.poll(Duration.ofMillis(200))) {
          var event = KafkaMessageFactory.createReader(read).toEvent();
          outcomes.put(read.key(), Events.outcome(event));
        }
      }
    }
    return outcomes;
  }
}
