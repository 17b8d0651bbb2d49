package dev.errata.operator.progress;

import dev.errata.api.event.JobRef;
import dev.errata.api.resource.Progress;
import dev.errata.api.resource.Stage;
import dev.errata.operator.decide.Line;
import java.util.Optional;
import java.util.function.Consumer;

/** Knows how far stages are, if anybody tells. */
public interface ProgressSource {
  /** Without Kafka. */
  ProgressSource NONE =
      new ProgressSource() {
        @Override
        public Optional<Progress> progress(String uid, Stage stage, int attempt) {
          return Optional.empty();
        }

        @Override
        public Optional<Line> line() {
          return Optional.empty();
        }

        @Override
        public void onNews(Consumer<JobRef> listener) {}
      };

  /**
   * How far a stage of a job is; empty when nothing is known.
   *
   * @param uid of the EditJob
   * @param attempt how often it has been rebased
   */
  Optional<Progress> progress(String uid, Stage stage, int attempt);

  /** Whether workers would be heard now; empty where nothing could carry what they tell. */
  Optional<Line> line();

  /** Tells of jobs that are further, each at most every five seconds. */
  void onNews(Consumer<JobRef> listener);
}
