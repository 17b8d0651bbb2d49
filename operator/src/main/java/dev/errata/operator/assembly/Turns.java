package dev.errata.operator.assembly;

import dev.errata.api.EditJob;
import dev.errata.operator.decide.EditJobDecider;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

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

  private final ConcurrentHashMap<String, String> given = new ConcurrentHashMap<>();

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
   * The job whose turn it is.
   *
   * @param model the Model, with its namespace
   * @param jobs all jobs of it
   */
  Optional<EditJob> holder(String model, Collection<EditJob> jobs) {
    EditJob[] holder = new EditJob[1];
    given.compute(
        model,
        (key, uid) -> {
          holder[0] =
              jobs.stream()
                  .filter(Turns::wants)
                  .min(
                      Comparator.comparing((EditJob job) -> !job.getMetadata().getUid().equals(uid))
                          .thenComparing(ORDER))
                  .orElse(null);
          return holder[0] == null ? null : holder[0].getMetadata().getUid();
        });
    return Optional.ofNullable(holder[0]);
  }
}
