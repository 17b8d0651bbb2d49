package dev.errata.operator.assembly;

import dev.errata.api.EditJob;
import dev.errata.operator.decide.EditJobDecider;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Whose turn it is on each Model: the job that has begun, else the oldest. A turn that was given is
 * remembered, as what the job has begun is seen later than it is done.
 */
final class Turns {
  /** Who goes first: those that have begun, then by age. */
  private static final Comparator<EditJob> ORDER =
      Comparator.comparing((EditJob job) -> !begun(job))
          .thenComparing(job -> job.getMetadata().getCreationTimestamp())
          .thenComparing(job -> job.getMetadata().getName());

  private final ConcurrentHashMap<String, Given> given = new ConcurrentHashMap<>();

  private record Given(ResourceID name, String uid) {
    static Given to(EditJob job) {
      return new Given(ResourceID.fromResource(job), job.getMetadata().getUid());
    }
  }

  /**
   * Whose turn it is.
   *
   * @param holder the job
   * @param given whether it has been given the turn just now, and may not know yet
   */
  record Turn(EditJob holder, boolean given) {}

  private static boolean begun(EditJob job) {
    return job.getStatus() != null && job.getStatus().startTime() != null;
  }

  /** Whether a job wants a turn at all. */
  static boolean wants(EditJob job) {
    return job.getMetadata().getDeletionTimestamp() == null
        && job.getSpec().managedBy() == null
        && !Boolean.TRUE.equals(job.getSpec().suspend())
        && !EditJobDecider.finished(job.getStatus());
  }

  /**
   * The job whose turn it is. It stays the one that was given the turn as long as that is there and
   * wants it: an index that is being changed lacks a job for a moment, and a turn that moved on in
   * that moment would leave two jobs waiting for each other.
   *
   * @param model the Model, with its namespace
   * @param jobs the jobs of it that want a turn, as far as is known
   * @param known a job by its name, if it is there
   */
  Optional<Turn> turn(
      String model, Collection<EditJob> jobs, Function<ResourceID, Optional<EditJob>> known) {
    Turn[] turn = new Turn[1];
    given.compute(
        model,
        (key, before) -> {
          Optional<EditJob> still =
              Optional.ofNullable(before)
                  .flatMap(last -> known.apply(last.name()))
                  .filter(job -> job.getMetadata().getUid().equals(before.uid()))
                  .filter(Turns::wants);
          EditJob holder =
              still.orElseGet(() -> jobs.stream().filter(Turns::wants).min(ORDER).orElse(null));
          turn[0] = holder == null ? null : new Turn(holder, still.isEmpty());
          return holder == null ? null : Given.to(holder);
        });
    return Optional.ofNullable(turn[0]);
  }
}
