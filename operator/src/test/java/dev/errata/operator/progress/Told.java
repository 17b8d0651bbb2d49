package dev.errata.operator.progress;

import dev.errata.api.event.Events;
import dev.errata.api.event.KafkaAccess;
import dev.errata.api.event.ProgressEvent;
import dev.errata.api.event.Topics;
import dev.errata.api.resource.Stage;
import dev.errata.broker.Broker;
import io.cloudevents.kafka.KafkaMessageFactory;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Tells as workers do. */
public final class Told implements AutoCloseable {
  private final KafkaProducer<String, byte[]> producer;

  public Told(Broker broker) {
    Map<String, Object> settings = new HashMap<>(access(broker).properties());
    settings.put("bootstrap.servers", broker.bootstrap());
    settings.put("acks", "all");
    producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
  }

  public static KafkaAccess access(Broker broker) {
    return new KafkaAccess(broker.bootstrap(), broker.access(Broker.PASSWORD));
  }

  /** An event of a job of this UID. */
  static ProgressEvent event(
      String uid, Stage stage, int attempt, int index, long sequence, long done, long total) {
    return new ProgressEvent(
        "lab",
        "job-" + uid,
        uid,
        "world",
        stage,
        stage.name(),
        "facts",
        attempt,
        index,
        Math.max(index + 1, 4),
        sequence,
        done,
        total,
        0);
  }

  public Future<RecordMetadata> send(ProgressEvent event) {
    return send(event, () -> {});
  }

  /**
   * Sends.
   *
   * @param arrived runs when a broker has acknowledged it
   */
  Future<RecordMetadata> send(ProgressEvent event, Runnable arrived) {
    return producer.send(
        KafkaMessageFactory.<String>createWriter(Topics.PROGRESS, event.uid())
            .writeBinary(Events.of(event, Instant.now())),
        (where, e) -> {
          if (e == null) {
            arrived.run();
          }
        });
  }

  Future<RecordMetadata> raw(String topic, String key, String value) {
    return producer.send(
        new ProducerRecord<>(topic, key, value.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
  }

  @Override
  public void close() {
    producer.close();
  }
}
