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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sends events to Kafka from a thread of its own. Whoever hands one over never waits: what finds no
 * room, or no broker, is dropped and counted. Only the last one, which nothing comes after that
 * would make good for it, is tried again while there is a broker that takes connections.
 */
final class EventSender implements AutoCloseable {
  private static final int ROOM = 1024;
  private static final long BUFFER_BYTES = 4L << 20;
  private static final Duration BLOCK = Duration.ofSeconds(2);
  private static final Duration REQUEST = Duration.ofSeconds(5);
  private static final Duration DELIVERY = Duration.ofSeconds(30);

  /** How long the end of a job is held up by events that are under way to a broker that answers. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** How long it is held up by its result, when brokers take connections and are slow. */
  private static final Duration RESULT = Duration.ofSeconds(30);

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
  private volatile Message last;
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

  /** Hands over the event that is sent behind all others, at the end. */
  void sendLast(Message message) {
    handed.increment();
    last = message;
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
      // Progress that a slow broker has not taken by the end is not worth the wait for it.
      while (!closing || (!queue.isEmpty() && trouble == null)) {
        Message message = queue.poll(100, TimeUnit.MILLISECONDS);
        if (message != null) {
          pass(message);
        } else if (!closing) {
          beat.get().ifPresent(this::passOwn);
        }
      }
      if (last != null) {
        deliver(last);
      }
      if (producer != null && trouble == null) {
        producer.flush();
      }
    } catch (InterruptedException | InterruptException e) {
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
      // The callback hears of it.
      var unused = producer().send(written(message), (where, e) -> settled(e));
    } catch (InterruptException e) {
      throw e;
    } catch (KafkaException e) {
      settled(e);
    }
  }

  private void deliver(Message message) throws InterruptedException {
    Exception failure;
    boolean there;
    do {
      Connections before = Connections.of(producer);
      failure = attempt(message);
      there = Connections.of(producer).goneOnFrom(before);
    } while (failure instanceof RetriableException && there);
    settled(failure);
  }

  /** Sends once; null when a broker has it, and why not otherwise. */
  private Exception attempt(Message message) throws InterruptedException {
    try {
      Future<RecordMetadata> sent = producer().send(written(message));
      while (true) {
        Connections before = Connections.of(producer);
        try {
          sent.get(BLOCK.toMillis(), TimeUnit.MILLISECONDS);
          return null;
        } catch (TimeoutException e) {
          if (!Connections.of(producer).goneOnFrom(before)) {
            return new org.apache.kafka.common.errors.TimeoutException("no broker is there", e);
          }
        }
      }
    } catch (ExecutionException e) {
      return e.getCause() instanceof Exception cause ? cause : e;
    } catch (InterruptException e) {
      throw e;
    } catch (KafkaException e) {
      return e;
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

  private static ProducerRecord<String, byte[]> written(Message message) {
    return KafkaMessageFactory.<String>createWriter(message.topic(), message.key())
        .writeBinary(message.event());
  }

  private Producer<String, byte[]> producer() {
    if (producer == null) {
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
      producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    }
    return producer;
  }

  @Override
  public void close() {
    closing = true;
    try {
      // With a broker that does not answer there is nothing to wait for.
      Duration patience = trouble == null ? PATIENCE : Duration.ofMillis(1);
      thread.join((last == null ? patience : RESULT).toMillis());
      thread.interrupt();
      thread.join(PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    long unsettled = handed.sum() - arrived.sum() - lost.sum();
    lost.add(Math.max(0, unsettled));
  }
}
