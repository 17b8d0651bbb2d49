package dev.errata.worker.watch;

import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.api.event.BrokenEventException;
import dev.errata.api.event.Events;
import dev.errata.api.event.KafkaAccess;
import dev.errata.api.event.Topics;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.KafkaMessageFactory;
import io.cloudevents.rw.CloudEventRWException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Shows a job by what its workers tell over Kafka; beside them it needs no cluster. Where there is
 * one, its status says too whether the job has ended: events may be lost, a status is not.
 */
public final class KafkaWatch {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration BACK = Duration.ofHours(1);
  private static final Duration LOOK = Duration.ofSeconds(5);

  /** Workers tell something every ten seconds. */
  private static final Duration SILENCE = Duration.ofMinutes(1);

  private static final Duration ANSWER = Duration.ofSeconds(20);

  private final KafkaAccess access;
  private final Progress shown;
  private final Hearsay heard;
  private final Function<String, Optional<JobEnd>> status;
  private final Clock clock;
  private Instant news;
  private Instant looked;
  private boolean away;

  /**
   * Prepares to show a job.
   *
   * @param status how the job of a UID, which may be null, has ended by what the cluster says;
   *     empty while it has not, or where there is no cluster
   */
  public KafkaWatch(
      KafkaAccess access,
      String namespace,
      String job,
      Progress shown,
      Function<String, Optional<JobEnd>> status,
      Clock clock) {
    this.access = access;
    this.shown = shown;
    this.heard = new Hearsay(namespace, job, shown);
    this.status = status;
    this.clock = clock;
  }

  /**
   * Shows the job until it is known to have ended, or to have ended already.
   *
   * @throws InputException when the brokers do not answer or refuse
   */
  public JobEnd run() {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      List<TopicPartition> all = partitions(consumer);
      consumer.assign(all);
      seek(consumer, all);
      Map<TopicPartition, Long> there = consumer.endOffsets(all);
      news = clock.instant();
      looked = Instant.EPOCH;
      while (true) {
        for (ConsumerRecord<byte[], byte[]> read : consumer.poll(POLL)) {
          hear(read);
        }
        boolean caughtUp =
            there.entrySet().stream()
                .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
        Optional<JobEnd> end = caughtUp ? heard.end().or(this::byStatus) : Optional.empty();
        if (end.isEmpty() && since(news).compareTo(SILENCE) > 0) {
          end = silence(consumer, all);
        }
        if (end.isPresent()) {
          return end.get();
        }
      }
    } catch (KafkaException e) {
      throw new InputException(access + " cannot be read: " + e.getMessage(), e);
    }
  }

  private Duration since(Instant time) {
    return Duration.between(time, clock.instant());
  }

  private Optional<JobEnd> byStatus() {
    if (since(looked).compareTo(LOOK) < 0) {
      return Optional.empty();
    }
    looked = clock.instant();
    return status.apply(heard.uid());
  }

  /** Tells silence of workers from that of brokers. */
  private Optional<JobEnd> silence(
      KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> all) {
    news = clock.instant();
    try {
      Map<TopicPartition, Long> ends = consumer.endOffsets(all, LOOK);
      away = false;
      boolean read = all.stream().allMatch(p -> consumer.position(p) >= ends.get(p));
      return read ? heard.silence() : Optional.empty();
    } catch (TimeoutException e) {
      if (!away) {
        away = true;
        shown.note(access + " does not answer; waiting for it");
      }
      return Optional.empty();
    }
  }

  private void hear(ConsumerRecord<byte[], byte[]> read) {
    try {
      CloudEvent event = KafkaMessageFactory.createReader(read).toEvent();
      Instant time = event.getTime() == null ? Instant.EPOCH : event.getTime().toInstant();
      boolean ours =
          read.topic().equals(Topics.PROGRESS)
              ? heard.progress(Events.progress(event), time)
              : heard.outcome(Events.outcome(event), time);
      if (ours) {
        news = clock.instant();
      }
    } catch (BrokenEventException | CloudEventRWException | IllegalArgumentException e) {
      // The operator keeps such records and says why; who watches one job passes them over.
    }
  }

  /** Those of both topics, or none: a watch that lacks one would never see the end. */
  private List<TopicPartition> partitions(KafkaConsumer<byte[], byte[]> consumer) {
    long begin = System.nanoTime();
    while (System.nanoTime() - begin < ANSWER.toNanos()) {
      List<PartitionInfo> progress = consumer.partitionsFor(Topics.PROGRESS);
      List<PartitionInfo> versions = consumer.partitionsFor(Topics.VERSIONS);
      if (!progress.isEmpty() && !versions.isEmpty()) {
        return Stream.concat(progress.stream(), versions.stream())
            .map(p -> new TopicPartition(p.topic(), p.partition()))
            .toList();
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
    throw new InputException(
        access
            + ": the topics "
            + Topics.PROGRESS
            + " and "
            + Topics.VERSIONS
            + " are not there yet; the operator makes them");
  }

  /** Versions from the beginning, for there is one of each job; progress of late only. */
  private void seek(KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> all) {
    long since = clock.instant().minus(BACK).toEpochMilli();
    Map<TopicPartition, Long> times =
        all.stream()
            .filter(p -> p.topic().equals(Topics.PROGRESS))
            .collect(Collectors.toMap(p -> p, p -> since));
    // The end as it is now: one that is looked up later may lie behind what was told meanwhile.
    Map<TopicPartition, Long> ends = consumer.endOffsets(times.keySet());
    consumer.seekToBeginning(all.stream().filter(p -> p.topic().equals(Topics.VERSIONS)).toList());
    consumer
        .offsetsForTimes(times)
        .forEach(
            (partition, found) ->
                consumer.seek(partition, found == null ? ends.get(partition) : found.offset()));
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    Map<String, Object> settings = new HashMap<>(access.properties());
    settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, access.bootstrap());
    settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "errata-watch");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    // Topics that are made by being asked for are not compacted.
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    // Who watches without a group has nothing committed to begin from.
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(ANSWER.toMillis()));
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}
