package dev.errata.operator.decide;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides how versions are listed: the waiting ones of a Model by one child Job, few Jobs at once.
 * What another operator has begun is waited for and read.
 */
public final class ListingDecider {
  /** How many child Jobs may run at once, in all namespaces. */
  static final int MOST_JOBS = 4;

  /** How many versions a child Job is told to list. */
  static final int MOST_VERSIONS = 200;

  /** How many facts these may have together. */
  static final long MOST_FACTS = 1_000_000;

  private final List<Unlisted> wanted;
  private final List<ListingView> jobs;
  private final ListingBacklog backlog;
  private final Instant now;
  private final List<ListingView> read = new ArrayList<>();
  private final List<ListingView> failed = new ArrayList<>();
  private final List<ListOrder> start = new ArrayList<>();
  private long running;

  private ListingDecider(
      List<Unlisted> wanted, List<ListingView> jobs, ListingBacklog backlog, Instant now) {
    this.wanted = wanted;
    this.jobs = jobs;
    this.backlog = backlog;
    this.now = now;
  }

  /**
   * Decides.
   *
   * @param wanted versions that are not listed
   * @param jobs the child Jobs there are for that, whoever made them
   * @param backlog what has been tried; it is not changed
   * @param now the time
   */
  public static ListingDecision decide(
      List<Unlisted> wanted, List<ListingView> jobs, ListingBacklog backlog, Instant now) {
    return new ListingDecider(wanted, jobs, backlog, now).decide();
  }

  private ListingDecision decide() {
    for (ListingView job : jobs) {
      if (job.child().state() == ChildView.State.Active) {
        // One that waits in a queue takes nothing, and may wait for long.
        running += job.child().suspended() ? 0 : 1;
      } else if (!backlog.settled(job) && wanted.stream().anyMatch(job.order()::tells)) {
        (job.child().state() == ChildView.State.Complete ? read : failed).add(job);
      }
    }
    boolean computes = running > 0;
    backlog.larger().stream().filter(this::free).forEach(this::start);
    groups().forEach(this::start);
    return new ListingDecision(read, failed, start, computes || !start.isEmpty());
  }

  /** Whether no version of it is in the hands of another Job. */
  private boolean free(ListOrder order) {
    return jobs.stream()
        .filter(job -> !backlog.settled(job))
        .noneMatch(
            job ->
                job.order().modelUid().equals(order.modelUid())
                    && job.order().versions().stream().anyMatch(order.versions()::contains));
  }

  private void start(ListOrder order) {
    boolean there =
        jobs.stream().map(ListingView::order).anyMatch(order::equals) || start.contains(order);
    if (!there && running < MOST_JOBS) {
      running++;
      start.add(order);
    }
  }

  /** The versions that nobody lists, by their Models: no more at once than one Job takes. */
  private List<ListOrder> groups() {
    Map<String, List<Unlisted>> models = new LinkedHashMap<>();
    for (Unlisted version : wanted) {
      boolean busy =
          jobs.stream().anyMatch(job -> !backlog.settled(job) && job.order().tells(version))
              || backlog.larger().stream().anyMatch(order -> order.tells(version));
      if (!busy && backlog.due(version, now)) {
        add(models.computeIfAbsent(version.modelUid(), uid -> new ArrayList<>()), version);
      }
    }
    return models.values().stream().map(ListingDecider::order).toList();
  }

  private static void add(List<Unlisted> group, Unlisted version) {
    long facts = group.stream().mapToLong(Unlisted::facts).sum() + version.facts();
    if (group.isEmpty() || (group.size() < MOST_VERSIONS && facts <= MOST_FACTS)) {
      group.add(version);
    }
  }

  private static ListOrder order(List<Unlisted> group) {
    Unlisted first = group.get(0);
    return new ListOrder(
        first.namespace(),
        first.model(),
        first.modelUid(),
        group.stream().map(Unlisted::version).toList(),
        1);
  }
}
