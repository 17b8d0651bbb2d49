package dev.errata.operator.progress;

import dev.errata.api.event.KafkaAccess;
import dev.errata.api.event.Topics;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jboss.logging.Logger;

/** Keeps records that cannot be read, as they were, with the reason in their headers. */
final class DeadLetters implements AutoCloseable {
  /** Header: why the record cannot be read. */
  static final String REASON = "errata-reason";

  /** Header: where it was, TOPIC-PARTITION@OFFSET. */
  static final String PLACE = "errata-place";

  private static final Logger LOG = Logger.getLogger(DeadLetters.class);
  private static final int MILLIS = 10_000;

  private final KafkaAccess access;
  private Producer<byte[], byte[]> producer;

  DeadLetters(KafkaAccess access) {
    this.access = access;
  }

  /** Keeps a record; one that cannot be kept either is told in the log and passed over. */
  void bury(ConsumerRecord<byte[], byte[]> broken, String reason) {
    String place = broken.topic() + "-" + broken.partition() + "@" + broken.offset();
    LOG.warnf("The record %s is no event of Errata (%s)", place, reason);
    ProducerRecord<byte[], byte[]> letter =
        new ProducerRecord<>(
            Topics.DEAD_LETTERS, null, broken.key(), broken.value(), broken.headers());
    letter.headers().add(REASON, bytes(String.valueOf(reason))).add(PLACE, bytes(place));
    try {
      if (producer == null) {
        producer = producer();
      }
      producer.send(letter).get(MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      LOG.warnf("The record %s cannot be kept in %s: %s", place, Topics.DEAD_LETTERS, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private Producer<byte[], byte[]> producer() {
    Map<String, Object> settings = new HashMap<>(access.properties());
    settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, access.bootstrap());
    settings.put(ProducerConfig.CLIENT_ID_CONFIG, "errata-operator-dead-letters");
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MILLIS);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, MILLIS / 2);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, MILLIS);
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  @Override
  public void close() {
    if (producer != null) {
      producer.close();
    }
  }
}
