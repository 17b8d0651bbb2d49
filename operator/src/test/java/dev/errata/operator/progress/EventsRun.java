package dev.errata.operator.progress;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import dev.errata.api.event.JobRef;
import dev.errata.api.resource.Stage;
import dev.errata.broker.Broker;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * Measures how many progress events one core of the operator takes in, from a real broker: {@code
 * operator/events}. Not a part of {@code mvn verify}. The rate is by the processor time of the one
 * thread that consumes, whatever else the machine does.
 */
class EventsRun {
  private static final int JOBS = Integer.getInteger("events.jobs", 1000);
  private static final int WORKERS = 4;
  private static final int EVENTS = Integer.getInteger("events.count", 400_000);
  private static final double WANTED = 10_000;
  private static final double NANOS = 1e9;
  private static final long PACE_SECONDS = 5;

  @Test
  void oneCoreKeepsUpWithTenThousandASecond() throws Exception {
    try (Broker broker = Broker.open()) {
      EventTopics.make(Told.access(broker));
      tell(broker);
      Map<JobRef, LongAdder> news = new ConcurrentHashMap<>();
      long began = System.nanoTime();
      try (Hearing hearing =
          Hearing.open(Told.access(broker), "operator", false, Clock.systemUTC())) {
        hearing.onNews(job -> news.computeIfAbsent(job, j -> new LongAdder()).increment());
        Awaitility.await()
            .atMost(Duration.ofMinutes(5))
            .pollInterval(Duration.ofMillis(20))
            .until(() -> hearing.consumer().heard() == EVENTS);
        double wall = (System.nanoTime() - began) / NANOS;
        double core = processorSeconds("errata-events");
        long most = news.values().stream().mapToLong(LongAdder::sum).max().orElse(0);
        System.out.printf(
            Locale.ROOT,
            "%,d progress events of %,d jobs with %d workers each: heard in %.1f s (%,.0f/s);"
                + " %.1f processor seconds of the consumer: %,.0f/s on one core; at most %d news of"
                + " a job; load of the machine %.1f%n",
            EVENTS,
            JOBS,
            WORKERS,
            wall,
            EVENTS / wall,
            core,
            EVENTS / core,
            most,
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                .getSystemLoadAverage());
        assertThat(hearing.consumer().broken()).isZero();
        assertThat(hearing.stale()).isZero();
        for (int job = 0; job < JOBS; job++) {
          assertThat(hearing.progress("job-" + job, Stage.Values, 0).orElseThrow().done())
              .isEqualTo(EVENTS / JOBS);
        }
        assertThat(most).isLessThanOrEqualTo(2 + (long) Math.ceil(wall / PACE_SECONDS));
        assertThat(EVENTS / core).isGreaterThanOrEqualTo(WANTED);
      }
    }
  }

  private static void tell(Broker broker) throws Exception {
    try (Told told = new Told(broker)) {
      Future<?> last = null;
      int each = EVENTS / JOBS / WORKERS;
      for (int step = 1; step <= each; step++) {
        for (int job = 0; job < JOBS; job++) {
          for (int worker = 0; worker < WORKERS; worker++) {
            last = told.send(Told.event("job-" + job, Stage.Values, 0, worker, step, step, each));
          }
        }
      }
      last.get();
    }
  }

  private static double processorSeconds(String thread) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    for (ThreadInfo info : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (info != null && info.getThreadName().equals(thread)) {
        return threads.getThreadCpuTime(info.getThreadId()) / NANOS;
      }
    }
    throw new IllegalStateException("no thread " + thread);
  }
}
