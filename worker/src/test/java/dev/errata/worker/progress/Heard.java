package dev.errata.worker.progress;

import dev.errata.api.event.Events;
import dev.errata.api.event.KafkaAccess;
import dev.errata.api.event.ProgressEvent;
import dev.errata.api.event.Topics;
import dev.errata.api.event.VersionEvent;
import dev.errata.broker.Broker;
import io.cloudevents.kafka.KafkaMessageFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Everything that lies in a broker's topics. */
public record Heard(List<ProgressEvent> progress, List<VersionEvent> versions, List<String> keys) {
  /** Makes the topics as the operator does. */
  public static void topics(Broker broker) {
    broker.topic(Topics.PROGRESS, 3, Map.of());
    broker.topic(Topics.VERSIONS, 1, Map.of("cleanup.policy", "compact"));
  }

  /** Reads to the end. */
  public static Heard of(KafkaAccess access) throws Exception {
    Heard heard = new Heard(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (ConsumerRecord<String, byte[]> read : records(access)) {
      heard.add(read);
    }
    return heard;
  }

  /** The same as it lies there, with its headers. */
  public static List<String> texts(KafkaAccess access) {
    List<String> texts = new ArrayList<>();
    for (ConsumerRecord<String, byte[]> read : records(access)) {
      StringBuilder text = new StringBuilder(read.key());
      read.headers()
          .forEach(h -> text.append('\n').append(h.key()).append('=').append(utf8(h.value())));
      texts.add(text.append('\n').append(utf8(read.value())).toString());
    }
    return texts;
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static List<ConsumerRecord<String, byte[]>> records(KafkaAccess access) {
    Map<String, Object> settings = new HashMap<>(access.properties());
    settings.put("bootstrap.servers", access.bootstrap());
    List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
    try (var consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> all = new ArrayList<>();
      for (String topic : List.of(Topics.PROGRESS, Topics.VERSIONS)) {
        consumer
            .partitionsFor(topic)
            .forEach(p -> all.add(new TopicPartition(p.topic(), p.partition())));
      }
      consumer.assign(all);
      consumer.seekToBeginning(all);
      Map<TopicPartition, Long> ends = consumer.endOffsets(all);
      while (all.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        consumer.poll(Duration.ofSeconds(1)).forEach(records::add);
      }
    }
    return records;
  }

  private void add(ConsumerRecord<String, byte[]> read) throws Exception {
    keys.add(read.key());
    var event = KafkaMessageFactory.createReader(read).toEvent();
    if (read.topic().equals(Topics.PROGRESS)) {
      progress.add(Events.progress(event));
    } else {
      versions.add(Events.version(event));
    }
  }
}
