package dev.errata.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TerminalProgressTest {
  private final StringWriter written = new StringWriter();
  private final AtomicLong nanos = new AtomicLong();

  private void second(TerminalProgress progress, long done) {
    nanos.addAndGet(1_000_000_000L);
    progress.advance(done, 20);
  }

  @Test
  void withoutATerminalThereIsAPlainLineEveryFewSeconds() {
    try (TerminalProgress progress =
        new TerminalProgress(new PrintWriter(written), false, nanos::get)) {
      progress.stage("values", "facts");
      for (int done = 1; done <= 12; done++) {
        second(progress, done);
      }
      progress.note("a note");
    }
    assertThat(written.toString().lines())
        .containsExactly(
            "values           5 of 20 facts, 1.0/s, 15 s left",
            "values           10 of 20 facts, 1.0/s, 10 s left",
            "  a note",
            "values           12 facts in 12 s (1.0 facts/s)");
    assertThat(written.toString()).doesNotContain("\r");
  }

  @Test
  void whoJoinsAStageTellsThePaceSinceThen() {
    try (TerminalProgress progress =
        new TerminalProgress(new PrintWriter(written), false, nanos::get).joining()) {
      progress.stage("values", "facts");
      progress.advance(10, 20);
      for (int done = 11; done <= 15; done++) {
        second(progress, done);
      }
    }
    assertThat(written.toString()).contains("15 of 20 facts, 1.0/s, 5.0 s left");
  }

  @Test
  void onATerminalTheLineIsDrawnAgain() {
    try (TerminalProgress progress =
        new TerminalProgress(new PrintWriter(written), true, nanos::get)) {
      progress.stage("values", "facts");
      second(progress, 5);
      second(progress, 10);
    }
    assertThat(written.toString())
        .contains("\rvalues           ██████░░░░░░░░░░░░░░░░░░  25 % 5/20 facts, 5.0/s, 3.0 s left")
        .contains("\rvalues           ████████████░░░░░░░░░░░░  50 % 10/20 facts");
    assertThat(written.toString().split("\n")).hasSize(1);
  }
}
