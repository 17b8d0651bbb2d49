package dev.errata.operator.progress;

import dev.errata.api.event.BrokenEventException;
import dev.errata.api.event.Events;
import dev.errata.api.event.KafkaAccess;
import dev.errata.api.event.ProgressEvent;
import dev.errata.api.event.Topics;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.KafkaMessageFactory;
import io.cloudevents.rw.CloudEventRWException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jboss.logging.Logger;

/**
 * Hears all events, each at least once: offsets are committed behind the listener. A record that is
 * no event goes to the topic of dead letters; a broker that is away is waited for.
 */
public final class EventConsumer implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(EventConsumer.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final long PAUSE_SECONDS = 5;
  private static final int AT_ONCE = 2000;

  /** Who hears. */
  public interface Listener {
    /** A worker tells how far it is. */
    void progress(ProgressEvent event);
  }

  private final KafkaAccess access;
  private final String group;
  private boolean topicsWanted;
  private final Listener listener;
  private final LongAdder heard = new LongAdder();
  private final LongAdder broken = new LongAdder();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;
  private volatile KafkaConsumer<byte[], byte[]> consumer;
  private volatile boolean connected;
  private volatile long lag;

  private EventConsumer(KafkaAccess access, String group, boolean makeTopics, Listener listener) {
    this.topicsWanted = makeTopics;
    this.access = access;
    this.group = group;
    this.listener = listener;
    this.thread = new Thread(this::run, "errata-events");
    thread.setDaemon(true);
  }

  /**
   * Begins to hear; the caller closes it.
   *
   * @param group name under which it is remembered what was heard; members of one share the events
   * @param makeTopics whether to make topics that are missing
   */
  public static EventConsumer open(
      KafkaAccess access, String group, boolean makeTopics, Listener listener) {
    EventConsumer opened = new EventConsumer(access, group, makeTopics, listener);
    opened.thread.start();
    return opened;
  }

  /** Records read, good and bad. */
  public long heard() {
    return heard.sum();
  }

  /** Records that were no event. */
  public long broken() {
    return broken.sum();
  }

  /** Whether partitions are assigned and brokers answer. */
  public boolean connected() {
    return connected;
  }

  /** Records that are there and not read yet, as it was known last. */
  public long lag() {
    return lag;
  }

  private void run() {
    while (closing.getCount() > 0) {
      if (topicsWanted) {
        topicsWanted = !EventTopics.make(access);
      }
      try (KafkaConsumer<byte[], byte[]> opened = consumer();
          DeadLetters dead = new DeadLetters(access)) {
        consumer = opened;
        opened.subscribe(List.of(Topics.PROGRESS, Topics.VERSIONS));
        Reach reach = new Reach(System::nanoTime);
        while (closing.getCount() > 0) {
          hear(opened, dead, reach);
        }
      } catch (WakeupException e) {
        // The end of this consumer.
      } catch (KafkaException e) {
        LOG.warnf("Progress is not heard for now: %s: %s", access, e.getMessage());
        pause();
      } finally {
        connected = false;
      }
    }
  }

  private void hear(KafkaConsumer<byte[], byte[]> from, DeadLetters dead, Reach reach) {
    ConsumerRecords<byte[], byte[]> records = from.poll(POLL);
    connected = reach.holds(from);
    lag = Reach.lag(from);
    for (ConsumerRecord<byte[], byte[]> one : records) {
      heard.increment();
      try {
        tell(one);
      } catch (BrokenEventException | CloudEventRWException | IllegalArgumentException e) {
        broken.increment();
        dead.bury(one, e.getMessage());
      }
    }
    if (!records.isEmpty()) {
      from.commitSync();
    }
  }

  private void tell(ConsumerRecord<byte[], byte[]> one) throws BrokenEventException {
    CloudEvent event = KafkaMessageFactory.createReader(one).toEvent();
    if (one.topic().equals(Topics.PROGRESS)) {
      listener.progress(Events.progress(event));
    } else {
      // Nobody acts on outcomes, statuses decide; but one that cannot be read is kept.
      Events.outcome(event);
    }
  }

  private void pause() {
    try {
      if (closing.await(PAUSE_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closing.countDown();
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    Map<String, Object> settings = new HashMap<>(access.properties());
    settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, access.bootstrap());
    settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "errata-operator");
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, AT_ONCE);
    settings.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 30_000);
    settings.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 5_000);
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  @Override
  public void close() {
    closing.countDown();
    KafkaConsumer<byte[], byte[]> open = consumer;
    if (open != null) {
      open.wakeup();
    }
    try {
      thread.join(TimeUnit.SECONDS.toMillis(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
