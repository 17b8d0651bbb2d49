package dev.errata.operator.progress;

import dev.errata.api.event.JobRef;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Passes news of a job on at most every five seconds; what is held back is passed on later. */
final class Pace {
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final Map<JobRef, Instant> told = new HashMap<>();
  private final Set<JobRef> held = new HashSet<>();

  /** What of the news, these and those held back, is to be told now. */
  List<JobRef> due(Set<JobRef> news, Instant now) {
    told.values().removeIf(time -> !now.isBefore(time.plus(PAUSE)));
    held.addAll(news);
    List<JobRef> due = new ArrayList<>();
    for (JobRef job : held) {
      if (!told.containsKey(job)) {
        told.put(job, now);
        due.add(job);
      }
    }
    due.forEach(held::remove);
    return due;
  }
}
