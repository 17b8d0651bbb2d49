package dev.errata.editing.pipeline;

import dev.errata.api.Progress;
import dev.errata.api.resource.Stage;
import dev.errata.editing.checkpoint.store.ConflictException;
import dev.errata.editing.checkpoint.store.ModelLock;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionRef;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.util.Locale;
import java.util.Optional;

/**
 * Runs a job from its facts to the published version: {@code Statistics → Values → Update →
 * Evaluate → Publish}. Every stage leaves its result in the job's workspace, and a run that finds
 * results there goes on behind them.
 */
public final class EditJobRun {
  private static final int REBASES = 5;

  private final JobContext job;

  private EditJobRun(JobContext job) {
    this.job = job;
  }

  /**
   * Runs a job, or finds what it has made before.
   *
   * @param progress hears of stages and notes
   * @return the result; a version that missed a gate is stored as {@code Rejected}
   * @throws dev.errata.api.InputException when facts, settings and model do not fit; nothing is
   *     written then
   * @throws ConflictException when another run works on the model, or the job's base has moved and
   *     the job says {@code Fail}, or the job was interrupted and has changed since
   * @throws DeadlineException when {@code spec.activeDeadlineSeconds} are over
   */
  public static JobReport run(
      VersionStore store, EditRequest request, Compute compute, Progress progress) {
    Long seconds = request.spec().activeDeadlineSeconds();
    Progress watched = Deadline.watch(progress, request.name(), seconds, System::nanoTime);
    return new EditJobRun(new JobContext(store, request, compute, watched, null)).run();
  }

  /**
   * Computes a part of a job; the parts of a job give, byte for byte, what {@link #run} gives.
   * Whoever starts parts sees to it that no two jobs of a model run at once.
   *
   * @param progress hears of stages and notes
   * @return the result, when there is one: behind {@link Stage#Publish}, or earlier when there is
   *     nothing to do
   * @throws MovedException when the job's base is another version now
   * @throws dev.errata.api.InputException when facts, settings and model do not fit
   */
  public static Optional<JobReport> part(
      VersionStore store, EditRequest request, StagePart part, Compute compute, Progress progress) {
    EditJobRun run = new EditJobRun(new JobContext(store, request, compute, progress, part));
    VersionRef base = VersionRef.of(request.spec().model(), part.base());
    if (part.shared()) {
      return Optional.ofNullable(run.attempt(store.version(base)));
    }
    try (ModelLock lock = store.lock(request.spec().model())) {
      return Optional.ofNullable(run.attempt(store.version(base)));
    }
  }

  private JobReport run() {
    String model = job.request().spec().model();
    try (Scope scope = new Scope()) {
      // What a person can mend is found before the first byte is written.
      try (JobBase base = open(job.base())) {
        base.corpus().requireText();
        base.memory(job.store(), job.request().memory());
      }
    }
    try (ModelLock lock = job.store().lock(model)) {
      for (int attempt = 0; ; attempt++) {
        try {
          return attempt(job.base());
        } catch (JobAttempt.Moved e) {
          if (attempt == REBASES) {
            throw new ConflictException(
                "the version to start from has moved " + attempt + " times; run the job again");
          }
          job.progress()
              .note("another version is " + job.request().spec().from() + " now: starting again");
        }
      }
    }
  }

  /** Goes through the stages from a version; null when the part ends before there is a result. */
  private JobReport attempt(Version from) {
    MemoryPlan.Batch most = null;
    while (true) {
      try (Scope scope = new Scope();
          JobBase base = open(from)) {
        JobAttempt attempt = new JobAttempt(job, base, most);
        try {
          return attempt.run();
        } catch (RuntimeException e) {
          most = attempt.smaller(e);
        }
      }
      // Behind the release of all that this attempt held.
      job.progress()
          .note(
              String.format(
                  Locale.ROOT,
                  "the device ran out of memory: going on with batches of %,d tokens for values and"
                      + " %,d for evaluation",
                  most.values(),
                  most.evaluation()));
    }
  }

  private JobBase open(Version version) {
    return JobBase.open(
        version, job.compute(), job.request(), job.store().layersCache(), job.progress());
  }
}
