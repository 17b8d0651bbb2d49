package dev.errata.operator.progress;

import dev.errata.api.event.Events;
import dev.errata.api.event.FailureEvent;
import dev.errata.api.event.KafkaAccess;
import dev.errata.api.event.Topics;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.KafkaMessageFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jboss.logging.Logger;

/**
 * Tells over Kafka which jobs have failed. Whoever hands a failure over never waits. What brokers
 * that are away do not take is kept and sent when they are back, as long as the operator lives and
 * up to a bound: statuses say the same.
 */
public final class FailureSender implements Consumer<FailureEvent>, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(FailureSender.class);
  private static final int MOST = 10_000;
  private static final int MILLIS = 5_000;

  private final KafkaAccess access;
  private final Clock clock;

  /** What is not sent yet, by the UID of its job. */
  private final Map<String, CloudEvent> waiting =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, CloudEvent> eldest) {
          return size() > MOST;
        }
      };

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread made = new Thread(task, "errata-failures");
            made.setDaemon(true);
            return made;
          });
  private volatile Producer<String, byte[]> producer;
  private boolean told;

  private FailureSender(KafkaAccess access, Clock clock) {
    this.access = access;
    this.clock = clock;
  }

  /** Begins; the caller closes it. */
  public static FailureSender open(KafkaAccess access, Clock clock) {
    FailureSender sender = new FailureSender(access, clock);
    var unused =
        sender.thread.scheduleWithFixedDelay(sender::send, MILLIS, MILLIS, TimeUnit.MILLISECONDS);
    return sender;
  }

  @Override
  public void accept(FailureEvent failure) {
    synchronized (waiting) {
      waiting.put(failure.uid(), Events.of(failure, clock.instant()));
    }
    try {
      thread.execute(this::send);
    } catch (RejectedExecutionException e) {
      LOG.debugf("The operator ends before it tells of EditJob %s", failure.editJob());
    }
  }

  private void send() {
    List<Map.Entry<String, CloudEvent>> now;
    synchronized (waiting) {
      now = waiting.entrySet().stream().map(Map.Entry::copyOf).toList();
    }
    try {
      for (var one : now) {
        send(one.getKey(), one.getValue());
        synchronized (waiting) {
          waiting.remove(one.getKey(), one.getValue());
        }
      }
      told = false;
    } catch (ExecutionException e) {
      tell(e.getCause());
    } catch (TimeoutException | KafkaException e) {
      tell(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void send(String uid, CloudEvent event)
      throws ExecutionException, InterruptedException, TimeoutException {
    if (producer == null) {
      producer = producer();
    }
    producer
        .send(KafkaMessageFactory.<String>createWriter(Topics.VERSIONS, uid).writeBinary(event))
        .get(2L * MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Once, until brokers take something again. */
  private void tell(Throwable why) {
    if (!told) {
      told = true;
      LOG.warnf("Failures of jobs are told to nobody for now: %s: %s", access, why.getMessage());
    }
  }

  private Producer<String, byte[]> producer() {
    Map<String, Object> settings = new HashMap<>(access.properties());
    settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, access.bootstrap());
    settings.put(ProducerConfig.CLIENT_ID_CONFIG, "errata-operator-failures");
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MILLIS);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, MILLIS / 2);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, MILLIS);
    return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
  }

  @Override
  public void close() {
    // What was handed over last may still be on its way.
    thread.shutdown();
    try {
      if (!thread.awaitTermination(MILLIS, TimeUnit.MILLISECONDS)) {
        thread.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      thread.shutdownNow();
    }
    if (producer != null) {
      producer.close(Duration.ZERO);
    }
  }
}
