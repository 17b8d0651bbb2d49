package dev.errata.editing.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.Progress;
import org.junit.jupiter.api.Test;

class DeadlineTest {
  private long seconds;

  @Test
  void endsARunAtTheFirstSignOfProgressBehindIt() {
    Progress watched = Deadline.watch(Progress.NONE, "small", 60L, () -> seconds * 1_000_000_000L);
    watched.stage("values", "facts");
    seconds = 59;
    watched.advance(3, 200);
    seconds = 60;
    assertThatThrownBy(() -> watched.advance(12, 200))
        .isInstanceOf(DeadlineException.class)
        .hasMessage(
            "job 'small': DeadlineExceeded: spec.activeDeadlineSeconds: 60 s were over in the stage"
                + " 'values' (12 of 200); what is done is kept: the same command goes on from there"
                + " with as many seconds again, or set more");
    assertThatThrownBy(() -> watched.stage("update", "layers"))
        .isInstanceOf(DeadlineException.class);
  }

  @Test
  void nothingIsWatchedWithoutOne() {
    assertThat(Deadline.watch(Progress.NONE, "small", null, () -> 0)).isSameAs(Progress.NONE);
  }
}
