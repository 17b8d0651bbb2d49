package dev.errata.worker.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.Progress;
import dev.errata.api.event.FailureEvent;
import dev.errata.api.event.JobRef;
import dev.errata.api.event.ProgressEvent;
import dev.errata.api.event.VersionEvent;
import dev.errata.api.resource.Stage;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class HearsayTest {
  private static final String LAPTOP = JobRef.of(null, "j", null, "m").uid();

  private final Hearsay heard =
      new Hearsay(
          "default",
          "j",
          new Progress() {
            @Override
            public void stage(String name, String unit) {}

            @Override
            public void advance(long done, long total) {}
          });

  private boolean progress(String job, String uid, long second) {
    return heard.progress(
        new ProgressEvent(
            "default", job, uid, "m", Stage.Values, "values", "facts", 0, 0, 1, second, 1, 2, 0),
        Instant.ofEpochSecond(second));
  }

  private boolean version(String job, String uid, String state, String reason, long second) {
    return heard.outcome(
        new VersionEvent(
            "default", job, uid, "m", "v3", "v2", state, reason, null, null, null, null, null, null,
            null),
        Instant.ofEpochSecond(second));
  }

  private boolean failure(String job, String uid, String reason, long second) {
    return heard.outcome(
        new FailureEvent("default", job, uid, "m", reason, "facts.jsonl: line 3"),
        Instant.ofEpochSecond(second));
  }

  @Test
  void whatIsToldOfOthersIsNotOurs() {
    assertThat(progress("other", "u", 1)).isFalse();
    assertThat(version("other", "u", "Published", null, 2)).isFalse();
    assertThat(heard.end()).isEmpty();
  }

  @Test
  void aResultIsTheEndWithItsReason() {
    assertThat(progress("j", "u", 5)).isTrue();
    assertThat(version("j", "elder", "Published", null, 6)).isTrue();
    assertThat(heard.end()).isEmpty();
    assertThat(version("j", "u", "Rejected", "efficacy is 0.4", 4)).isTrue();
    assertThat(heard.end().orElseThrow())
        .isEqualTo(
            new JobEnd("j", "default", "Rejected", "v3", "m@v3 is Rejected: efficacy is 0.4"));
  }

  @Test
  void aFailureIsTheEndWithItsReason() {
    progress("j", "u", 5);
    assertThat(failure("other", "o", "BadInput", 6)).isFalse();
    assertThat(failure("j", "u", "BadInput", 6)).isTrue();
    assertThat(heard.end().orElseThrow())
        .isEqualTo(new JobEnd("j", "default", "Failed", null, "facts.jsonl: line 3"));
  }

  @Test
  void aJobThatWasDeletedHasEndedAndANamesakeIsWaitedFor() {
    failure("j", "elder", FailureEvent.DELETED, 4);
    assertThat(heard.end()).isEmpty();
    progress("j", "u", 5);
    assertThat(heard.end()).isEmpty();
    failure("j", "u", FailureEvent.DELETED, 6);
    assertThat(heard.end().orElseThrow().state()).isEqualTo("Failed");
  }

  @Test
  void ofAJobThatTellsNothingMoreTheLastResultIsTheEnd() {
    version("j", "u", "Published", null, 4);
    assertThat(heard.end().orElseThrow().message()).isEqualTo("m@v3 is Published");
  }

  @Test
  void aRunThatBeganAgainHasNotEndedByTheResultBefore() {
    version("j", LAPTOP, "Published", null, 4);
    progress("j", LAPTOP, 5);
    assertThat(heard.end()).isEmpty();
    version("j", LAPTOP, "Unchanged", null, 6);
    assertThat(heard.end().orElseThrow().state()).isEqualTo("Unchanged");
  }
}
