package dev.errata.worker.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.Progress;
import dev.errata.api.event.ProgressEvent;
import dev.errata.api.resource.Stage;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobBarsTest {
  private static final class Shown implements Progress {
    private final List<String> all = new ArrayList<>();

    @Override
    public void stage(String name, String unit) {
      all.add(name + " in " + unit);
    }

    @Override
    public void advance(long done, long total) {
      all.add(done + "/" + total);
    }
  }

  private final Shown shown = new Shown();
  private final JobBars bars = new JobBars(shown);

  private void hear(
      String uid, Stage stage, String title, int attempt, int index, long sequence, long done) {
    bars.hear(
        new ProgressEvent(
            "lab", "j", uid, "m", stage, title, "facts", attempt, index, 2, sequence, done, 10, 0));
  }

  @Test
  void addsUpTheWorkersOfAPart() {
    hear("a", Stage.Values, "values", 0, 0, 1, 3);
    hear("a", Stage.Values, "values", 0, 1, 1, 4);
    hear("a", Stage.Values, "values", 0, 0, 1, 9);
    hear("a", Stage.Values, "values", 0, 0, 2, 5);
    assertThat(shown.all).containsExactly("values in facts", "3/10", "7/20", "9/20");
  }

  @Test
  void goesOnToTheNextPartAndBackToAnEarlierOneAfterARebaseOnly() {
    hear("a", Stage.Values, "values", 0, 0, 1, 3);
    hear("a", Stage.Update, "update", 0, 0, 2, 1);
    hear("a", Stage.Values, "values", 0, 1, 3, 8);
    hear("a", Stage.Statistics, "statistics", 1, 0, 4, 2);
    assertThat(shown.all)
        .containsExactly(
            "values in facts", "3/10", "update in facts", "1/10", "statistics in facts", "2/10");
  }

  @Test
  void aNamesakeThatWasMadeLaterIsTheOneThatIsShown() {
    hear("old", Stage.Publish, "publish", 0, 0, 7, 10);
    hear("new", Stage.Statistics, "statistics", 0, 0, 9, 1);
    hear("old", Stage.Publish, "publish", 0, 0, 8, 10);
    assertThat(bars.uid()).isEqualTo("new");
    assertThat(shown.all)
        .containsExactly("publish in facts", "10/10", "statistics in facts", "1/10");
  }
}
