package dev.errata.operator.decide;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What has been tried to list versions: when to try again, and what need not be looked at. */
public final class ListingBacklog {
  /** Longer than a child Job stays when it has ended: its name is free again by then. */
  private static final Duration FIRST = Duration.ofMinutes(4);

  private static final Duration LAST = Duration.ofHours(6);

  private record Failure(int count, Instant again) {}

  private final Map<String, Failure> failures = new HashMap<>();
  private final Set<String> settled = new HashSet<>();
  private final List<ListOrder> larger = new ArrayList<>();

  /** Whether a version may be tried now. */
  boolean due(Unlisted version, Instant now) {
    Failure failure = failures.get(version.key());
    return failure == null || !now.isBefore(failure.again());
  }

  /** Whether all that a child Job tells has been taken from it. */
  boolean settled(ListingView job) {
    return settled.contains(job.uid());
  }

  /** Orders whose versions turned out to need more parts. */
  List<ListOrder> larger() {
    return List.copyOf(larger);
  }

  /** Remembers that a child Job need not be looked at again. */
  public void settle(ListingView job) {
    settled.add(job.uid());
  }

  /** Remembers that the versions of a child Job need more parts. */
  public void enlarge(ListingView job, int parts) {
    larger.add(job.order().in(parts));
  }

  /** Remembers that an order is carried out. */
  public void begun(ListOrder order) {
    larger.remove(order);
  }

  /** Remembers that a version could not be listed: the next time is later each time. */
  public void failed(Unlisted version, Instant now) {
    int count = failures.containsKey(version.key()) ? failures.get(version.key()).count() : 0;
    Duration pause = FIRST.multipliedBy(1L << Math.min(count, 20));
    Instant again = now.plus(pause.compareTo(LAST) < 0 ? pause : LAST);
    failures.put(version.key(), new Failure(count + 1, again));
  }

  /** Forgets what is over, so that no more is kept than there is. */
  public void retain(Collection<Unlisted> wanted, Collection<ListingView> jobs) {
    Set<String> keys = wanted.stream().map(Unlisted::key).collect(Collectors.toSet());
    failures.keySet().retainAll(keys);
    larger.removeIf(order -> wanted.stream().noneMatch(order::tells));
    settled.retainAll(jobs.stream().map(ListingView::uid).collect(Collectors.toSet()));
  }

  /** Forgets everything. */
  public void clear() {
    failures.clear();
    larger.clear();
    settled.clear();
  }
}
