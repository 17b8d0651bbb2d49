package dev.errata.operator.progress;

import dev.errata.api.event.JobRef;
import dev.errata.api.event.KafkaAccess;
import dev.errata.api.event.ProgressEvent;
import dev.errata.api.resource.Progress;
import dev.errata.api.resource.Stage;
import dev.errata.operator.decide.Line;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Hears workers over Kafka. */
public final class Hearing implements ProgressSource, EventConsumer.Listener, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Hearing.class);
  private static final long TICK_MILLIS = 1000;

  private final Board board = new Board();
  private final Pace pace = new Pace();
  private final Clock clock;
  private final LongAdder stale = new LongAdder();
  private final List<Consumer<JobRef>> listeners = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService ticks =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "errata-news");
            thread.setDaemon(true);
            return thread;
          });
  private EventConsumer consumer;
  private volatile Line line;

  private Hearing(Clock clock) {
    this.clock = clock;
    this.line = new Line(false, clock.instant());
  }

  /**
   * Begins to hear; the caller closes it.
   *
   * @param group name of this operator: each hears everything
   * @param makeTopics whether to make topics that are missing
   */
  public static Hearing open(KafkaAccess access, String group, boolean makeTopics, Clock clock) {
    Hearing hearing = new Hearing(clock);
    hearing.consumer = EventConsumer.open(access, group, makeTopics, hearing);
    var unused =
        hearing.ticks.scheduleWithFixedDelay(
            hearing::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    return hearing;
  }

  private void tick() {
    boolean up = consumer.connected();
    if (up != line.up()) {
      line = new Line(up, clock.instant());
    }
    for (JobRef job : pace.due(board.news(), clock.instant())) {
      for (Consumer<JobRef> listener : listeners) {
        try {
          listener.accept(job);
        } catch (RuntimeException e) {
          LOG.warnf(e, "News of EditJob %s/%s are lost", job.namespace(), job.name());
        }
      }
    }
  }

  @Override
  public void progress(ProgressEvent event) {
    if (!board.accept(event, clock.instant())) {
      stale.increment();
    }
  }

  @Override
  public Optional<Progress> progress(String uid, Stage stage, int attempt) {
    return board.progress(uid, stage, attempt);
  }

  @Override
  public Optional<Line> line() {
    return Optional.of(line);
  }

  @Override
  public void onNews(Consumer<JobRef> listener) {
    listeners.add(listener);
  }

  /** What is known of each worker. */
  public Board board() {
    return board;
  }

  /** What comes in. */
  public EventConsumer consumer() {
    return consumer;
  }

  /** Events that said nothing new. */
  public long stale() {
    return stale.sum();
  }

  @Override
  public void close() {
    ticks.shutdownNow();
    consumer.close();
  }
}
