package dev.errata.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.operator.decide.ChildView.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ListingDeciderTest {
  private static final Instant NOW = Instant.parse("2026-11-21T00:00:00Z");

  private final ListingBacklog backlog = new ListingBacklog();

  private static Unlisted version(String model, int number, long facts) {
    return new Unlisted("lab", model, "uid-" + model, "v" + number, "sha256:" + number, facts);
  }

  private static List<Unlisted> versions(String model, int count) {
    return IntStream.rangeClosed(1, count).mapToObj(n -> version(model, n, 10)).toList();
  }

  private static ListOrder order(String model, int parts, String... versions) {
    return new ListOrder("lab", model, "uid-" + model, List.of(versions), parts);
  }

  private static ListingView job(ListOrder order, State state) {
    return job(order, state, false);
  }

  private static ListingView job(ListOrder order, State state, boolean suspended) {
    return new ListingView(
        "uid of " + order,
        order,
        new ChildView(
            "job", null, 0, null, state, suspended, 1, 0, 0, NOW, "it has failed", List.of()));
  }

  private ListingDecision decide(List<Unlisted> wanted, ListingView... jobs) {
    return ListingDecider.decide(wanted, List.of(jobs), backlog, NOW);
  }

  @Test
  void aModelsVersionsAreListedTogether() {
    ListingDecision decision = decide(versions("m", 2));
    assertThat(decision.start()).containsExactly(order("m", 1, "v1", "v2"));
    assertThat(decision.soon()).isTrue();
    assertThat(decide(List.of()).soon()).isFalse();
  }

  @Test
  void nobodyListsWhatAnotherOneLists() {
    ListingView running = job(order("m", 1, "v1", "v2"), State.Active);
    ListingDecision decision = decide(versions("m", 3), running);
    assertThat(decision.start()).containsExactly(order("m", 1, "v3"));
    assertThat(decision.read()).isEmpty();
    ListingView other = job(new ListOrder("lab", "m", "older", List.of("v1"), 1), State.Active);
    assertThat(decide(versions("m", 1), other).start())
        .as("one of a namesake that was deleted")
        .containsExactly(order("m", 1, "v1"));
  }

  @Test
  void fewRunAtOnceAndThoseInAQueueDoNotCount() {
    List<Unlisted> wanted = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      wanted.addAll(versions("m" + i, 1));
    }
    assertThat(decide(wanted).start()).hasSize(ListingDecider.MOST_JOBS);
    ListingView running = job(order("m0", 1, "v1"), State.Active);
    assertThat(decide(wanted, running).start()).hasSize(ListingDecider.MOST_JOBS - 1);
    ListingDecision queued = decide(wanted, job(order("m0", 1, "v1"), State.Active, true));
    assertThat(queued.start()).hasSize(ListingDecider.MOST_JOBS);
    assertThat(decide(versions("m0", 1), job(order("m0", 1, "v1"), State.Active, true)).soon())
        .isFalse();
  }

  @Test
  void aJobTakesNoMoreThanItCanTell() {
    assertThat(decide(versions("m", 1000)).start().get(0).versions())
        .hasSize(ListingDecider.MOST_VERSIONS);
    List<Unlisted> large =
        List.of(
            version("m", 1, 2_000_000),
            version("m", 2, 400_000),
            version("n", 1, 600_000),
            version("n", 2, 400_000),
            version("n", 3, 1));
    assertThat(decide(large).start())
        .containsExactly(order("m", 1, "v1"), order("n", 1, "v1", "v2"));
  }

  @Test
  void whatIsToldIsReadOnce() {
    ListingView done = job(order("m", 1, "v1"), State.Complete);
    ListingDecision decision = decide(versions("m", 1), done);
    assertThat(decision.read()).containsExactly(done);
    assertThat(decision.start()).isEmpty();
    assertThat(decide(versions("n", 1), done).read()).as("it tells nothing new").isEmpty();
    backlog.settle(done);
    decision = decide(versions("m", 1), done);
    assertThat(decision.read()).isEmpty();
    assertThat(decision.start()).as("its name is taken").isEmpty();
    assertThat(decide(versions("m", 2), done).start()).containsExactly(order("m", 1, "v1", "v2"));
  }

  @Test
  void theSameVersionsAreListedInMorePartsWhenTheyNeedThem() {
    ListingView done = job(order("m", 1, "v1", "v2"), State.Complete);
    backlog.settle(done);
    backlog.enlarge(done, 9);
    List<Unlisted> wanted = versions("m", 3);
    ListingDecision decision = decide(wanted, done);
    assertThat(decision.start()).containsExactly(order("m", 9, "v1", "v2"), order("m", 1, "v3"));
    ListingView larger = job(order("m", 9, "v1", "v2"), State.Active);
    assertThat(decide(wanted, done, larger).start())
        .as("another operator has begun it")
        .containsExactly(order("m", 1, "v3"));
    backlog.begun(order("m", 9, "v1", "v2"));
    backlog.retain(wanted, List.of(done, larger));
    assertThat(decide(wanted, done, larger).start()).containsExactly(order("m", 1, "v3"));
  }

  @Test
  void aFailureIsToldOnceAndTriedAgainLaterEachTime() {
    List<Unlisted> wanted = versions("m", 1);
    ListingView failed = job(order("m", 1, "v1"), State.Failed);
    assertThat(failed.trouble()).contains("it has failed");
    ListingDecision decision = decide(wanted, failed);
    assertThat(decision.failed()).containsExactly(failed);
    assertThat(decision.start()).isEmpty();
    Instant last = NOW;
    Duration pause = Duration.ZERO;
    for (int i = 0; i < 12; i++) {
      backlog.settle(failed);
      backlog.failed(wanted.get(0), last);
      assertThat(decide(wanted, failed).failed()).isEmpty();
      backlog.retain(wanted, List.of());
      Instant again = last;
      while (ListingDecider.decide(wanted, List.of(), backlog, again).start().isEmpty()) {
        again = again.plusSeconds(60);
      }
      assertThat(Duration.between(last, again)).isGreaterThanOrEqualTo(pause);
      pause = Duration.between(last, again);
      last = again;
    }
    assertThat(pause).isEqualTo(Duration.ofHours(6));
    backlog.clear();
    assertThat(decide(wanted).start()).hasSize(1);
  }
}
