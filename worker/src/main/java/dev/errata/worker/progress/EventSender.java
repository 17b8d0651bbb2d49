package dev.errata.worker.progress;

import dev.errata.api.event.KafkaAccess;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.KafkaMessageFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sends events to Kafka from a thread of its own. Whoever hands one over never waits: what finds no
 * room, or no broker, is dropped and counted.
 */
final class EventSender implements AutoCloseable {
  private static final int ROOM = 1024;
  private static final long BUFFER_BYTES = 4L << 20;
  private static final Duration BLOCK = Duration.ofSeconds(2);
  private static final Duration REQUEST = Duration.ofSeconds(5);
  private static final Duration DELIVERY = Duration.ofSeconds(30);

  /** How long the end of a job is held up by events that are under way to a broker that answers. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** An event on its way. */
  record Message(String topic, String key, CloudEvent event) {}

  private final KafkaAccess access;
  private final Supplier<Optional<Message>> beat;
  private final BlockingQueue<Message> queue = new ArrayBlockingQueue<>(ROOM);
  private final LongAdder handed = new LongAdder();
  private final LongAdder arrived = new LongAdder();
  private final LongAdder lost = new LongAdder();
  private final Thread thread;
  private volatile boolean closing;
  private volatile Exception trouble;
  private Producer<String, byte[]> producer;

  /**
   * Begins to send.
   *
   * @param beat asked while there is nothing else to send: what to send of itself
   */
  EventSender(KafkaAccess access, Supplier<Optional<Message>> beat) {
    this.access = access;
    this.beat = beat;
    this.thread = new Thread(this::run, "errata-events");
    thread.setDaemon(true);
    thread.start();
  }

  /** Hands an event over; at once, whatever becomes of it. */
  void send(Message message) {
    handed.increment();
    if (closing || !queue.offer(message)) {
      lost.increment();
    }
  }

  /** Events that are known not to have arrived; after {@link #close} all that have not. */
  long dropped() {
    return lost.sum();
  }

  /** Events that a broker has acknowledged. */
  long arrived() {
    return arrived.sum();
  }

  /** Why the last event that was dropped was, or null. */
  Exception trouble() {
    return trouble;
  }

  private void run() {
    try {
      while (!closing || !queue.isEmpty()) {
        Message message = queue.poll(100, TimeUnit.MILLISECONDS);
        if (message != null) {
          pass(message);
        } else if (!closing) {
          beat.get().ifPresent(this::passOwn);
        }
      }
      if (producer != null) {
        producer.flush();
      }
    } catch (InterruptedException | org.apache.kafka.common.errors.InterruptException e) {
      // The end of the job waits no longer; what is left is counted as dropped.
      Thread.currentThread().interrupt();
    } finally {
      if (producer != null) {
        Thread.interrupted();
        producer.close(Duration.ZERO);
      }
    }
  }

  private void passOwn(Message own) {
    handed.increment();
    pass(own);
  }

  private void pass(Message message) {
    try {
      if (producer == null) {
        producer = producer();
      }
      ProducerRecord<String, byte[]> kafkaRecord =
          KafkaMessageFactory.<String>createWriter(message.topic(), message.key())
              .writeBinary(message.event());
      // The callback hears of it.
      var unused = producer.send(kafkaRecord, (where, e) -> settled(e));
    } catch (org.apache.kafka.common.errors.InterruptException e) {
      throw e;
    } catch (KafkaException e) {
      settled(e);
    }
  }

  private void settled(Exception e) {
    if (e == null) {
      arrived.increment();
    } else {
      lost.increment();
    }
    trouble = e;
  }

  private Producer<String, byte[]> producer() {
    Map<String, Object> settings = new HashMap<>(access.properties());
    settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, access.bootstrap());
    settings.put(ProducerConfig.CLIENT_ID_CONFIG, "errata-worker");
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, BUFFER_BYTES);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, BLOCK.toMillis());
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.toIntExact(REQUEST.toMillis()));
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Math.toIntExact(DELIVERY.toMillis()));
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 5);
    return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
  }

  @Override
  public void close() {
    closing = true;
    try {
      // With a broker that does not answer there is nothing to wait for.
      thread.join(trouble == null ? PATIENCE.toMillis() : 1);
      thread.interrupt();
      thread.join(PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    long unsettled = handed.sum() - arrived.sum() - lost.sum();
    lost.add(Math.max(0, unsettled));
  }
}
