package dev.errata.operator.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.operator.Fixtures;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private static final String MODEL = "lab/world";

  private final Turns turns = new Turns();
  private final Map<ResourceID, EditJob> there = new HashMap<>();

  private EditJob job(String name, int minute) {
    EditJob job = Fixtures.editJob();
    job.getMetadata().setName(name);
    job.getMetadata().setUid("uid-" + name + minute);
    job.getMetadata().setCreationTimestamp("2026-11-22T04:%02d:00Z".formatted(minute));
    there.put(ResourceID.fromResource(job), job);
    return job;
  }

  private static void begin(EditJob job) {
    job.setStatus(
        new EditJobStatus(
            1L,
            null,
            null,
            null,
            null,
            null,
            null,
            "2026-11-22T04:30:00Z",
            null,
            null,
            null,
            null,
            List.of()));
  }

  private String holder(EditJob... indexed) {
    return turns
        .turn(MODEL, List.of(indexed), name -> Optional.ofNullable(there.get(name)))
        .map(turn -> turn.holder().getMetadata().getName() + (turn.given() ? ", given now" : ""))
        .orElse("nobody");
  }

  @Test
  void whoHasBegunGoesBeforeWhoIsOlder() {
    EditJob old = job("old", 1);
    EditJob begun = job("begun", 2);
    begin(begun);
    assertThat(holder(old, begun)).isEqualTo("begun, given now");
    assertThat(holder(old, begun)).isEqualTo("begun");
  }

  @Test
  void aTurnStaysWhileAnIndexThatIsBeingChangedLacksItsJob() {
    EditJob first = job("first", 1);
    EditJob second = job("second", 2);
    assertThat(holder(first, second)).isEqualTo("first, given now");
    assertThat(holder(second)).isEqualTo("first");
    assertThat(holder()).isEqualTo("first");
  }

  @Test
  void aTurnMovesOnWhenItsJobIsGoneOrAnotherOfItsName() {
    EditJob first = job("first", 1);
    EditJob second = job("second", 2);
    assertThat(holder(first, second)).isEqualTo("first, given now");
    there.remove(ResourceID.fromResource(first));
    assertThat(holder(second)).isEqualTo("second, given now");
    EditJob again = job("second", 3);
    EditJob third = job("third", 2);
    assertThat(holder(again, third)).isEqualTo("third, given now");
  }

  @Test
  void aTurnMovesOnWhenItsJobWantsItNoMore() {
    EditJob first = job("first", 1);
    EditJob second = job("second", 2);
    assertThat(holder(first, second)).isEqualTo("first, given now");
    first.getMetadata().setDeletionTimestamp("2026-11-22T04:31:00Z");
    assertThat(holder(first, second)).isEqualTo("second, given now");
    second.getMetadata().setDeletionTimestamp("2026-11-22T04:31:00Z");
    assertThat(holder(first, second)).isEqualTo("nobody");
  }
}
