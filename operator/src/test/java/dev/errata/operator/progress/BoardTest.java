package dev.errata.operator.progress;

import static dev.errata.operator.progress.Told.event;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.event.JobRef;
import dev.errata.api.event.ProgressEvent;
import dev.errata.api.resource.Progress;
import dev.errata.api.resource.Stage;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BoardTest {
  private static final Instant START = Instant.parse("2026-11-21T20:00:00Z");

  private final Board board = new Board();

  private boolean accept(int second, ProgressEvent event) {
    return board.accept(event, START.plusSeconds(second));
  }

  @Test
  void addsUpWhatTheWorkersOfAStageTell() {
    accept(0, event("a", Stage.Values, 0, 0, 1, 0, 40));
    accept(0, event("a", Stage.Values, 0, 1, 1, 0, 60));
    accept(10, event("a", Stage.Values, 0, 0, 2, 20, 40));
    accept(20, event("a", Stage.Values, 0, 1, 2, 20, 60));
    assertThat(board.progress("a", Stage.Values, 0))
        .contains(new Progress(40L, 100L, "40%", 2.0, 30L, "2026-11-21T20:00:20Z"));
  }

  @Test
  void knowsNothingOfOtherStagesAttemptsAndJobs() {
    accept(0, event("a", Stage.Values, 1, 0, 1, 5, 10));
    assertThat(board.progress("a", Stage.Values, 0)).isEmpty();
    assertThat(board.progress("a", Stage.Update, 1)).isEmpty();
    assertThat(board.progress("b", Stage.Values, 1)).isEmpty();
    assertThat(board.progress("a", Stage.Values, 1).orElseThrow().percent()).isEqualTo("50%");
  }

  @Test
  void dropsWhatIsStale() {
    assertThat(accept(0, event("a", Stage.Values, 1, 0, 7, 5, 10))).isTrue();
    assertThat(accept(1, event("a", Stage.Values, 1, 0, 7, 5, 10))).as("twice").isFalse();
    assertThat(accept(1, event("a", Stage.Values, 1, 0, 6, 4, 10))).as("late").isFalse();
    assertThat(accept(1, event("a", Stage.Publish, 0, 0, 99, 1, 1))).as("attempt 0").isFalse();
    assertThat(accept(1, event("a", Stage.Values, 1, 1, 1, 1, 10))).as("other index").isTrue();
    assertThat(accept(2, event("a", Stage.Statistics, 2, 0, 1, 1, 10))).as("rebased").isTrue();
    assertThat(board.progress("a", Stage.Statistics, 2).orElseThrow().done()).isEqualTo(1);
  }

  @Test
  void aRestartedShardCountsFromWhereItIs() {
    accept(0, event("a", Stage.Values, 0, 0, 100, 30, 40));
    accept(5, event("a", Stage.Values, 0, 0, 200, 10, 40));
    assertThat(board.progress("a", Stage.Values, 0).orElseThrow().done()).isEqualTo(10);
    assertThat(board.progress("a", Stage.Values, 0).orElseThrow().itemsPerSecond()).isNull();
  }

  @Test
  void aTotalThatIsNotKnownGivesNoShare() {
    accept(0, event("a", Stage.Update, 0, 0, 1, 0, 0));
    assertThat(board.progress("a", Stage.Update, 0))
        .contains(new Progress(0L, null, null, null, null, "2026-11-21T20:00:00Z"));
  }

  @Test
  void tellsOfNewsOnce() {
    accept(0, event("a", Stage.Update, 0, 0, 1, 0, 0));
    accept(0, event("a", Stage.Update, 0, 0, 1, 0, 0));
    assertThat(board.news()).extracting(JobRef::uid).containsExactly("a");
    assertThat(board.news()).isEmpty();
  }

  @Test
  void newsOfAJobAreFiveSecondsApart() {
    Pace pace = new Pace();
    Set<JobRef> one = Set.of(new JobRef("lab", "one", "1", "m"));
    Set<JobRef> two = Set.of(new JobRef("lab", "two", "2", "m"));
    assertThat(pace.due(one, START)).containsExactlyElementsOf(one);
    assertThat(pace.due(one, START.plusSeconds(4))).isEmpty();
    assertThat(pace.due(two, START.plusSeconds(4))).containsExactlyElementsOf(two);
    assertThat(pace.due(Set.of(), START.plusSeconds(5))).containsExactlyElementsOf(one);
    assertThat(pace.due(Set.of(), START.plusSeconds(30))).isEmpty();
  }

  @Test
  void countsWhatWorkersCouldNotSend() {
    accept(0, dropped(1, 0));
    accept(0, dropped(2, 4));
    accept(0, dropped(3, 6));
    assertThat(board.dropped()).isEqualTo(6);
  }

  private static ProgressEvent dropped(long sequence, long dropped) {
    return new ProgressEvent(
        "lab", "j", "a", "m", Stage.Values, "values", "facts", 0, 0, 1, sequence, 0, 0, dropped);
  }
}
