package dev.errata.api.resource;

/** Why a condition holds or does not, and what an Event is about: the closed list. */
public enum Reason {
  /** The version is published. */
  Published("The version is published."),
  /** The model holds all facts already, so no version was made. */
  Unchanged("The model holds all facts already; no version was made."),
  /** The version missed a gate and is stored as Rejected; the current version stays. */
  GateMissed("The version missed a gate of spec.evaluation.require and is stored as Rejected."),
  /** The work is under way. */
  InProgress("The work is under way."),
  /** A manifest, facts, a text or a checkpoint that a person must mend. */
  BadInput("The worker refused its input; the message says what to mend."),
  /** A shard failed more often than {@code spec.backoffLimit} allows. */
  BackoffLimitExceeded("A shard failed more often than spec.backoffLimit allows."),
  /** {@code spec.activeDeadlineSeconds} are over. */
  DeadlineExceeded("The job was active for longer than spec.activeDeadlineSeconds."),
  /** The version to start from has moved and {@code spec.onConflict} is Fail. */
  Conflict("The version to start from has moved."),
  /** The Model was deleted while the job ran. */
  ModelDeleted("The Model was deleted while the job ran."),
  /** The stage of the workers could not be made, such as for a quota or a policy. */
  Refused("The API server refused what the operator makes, by a quota or a policy."),
  /** {@code spec.suspend} is true. */
  SuspendedByUser("spec.suspend is true."),
  /** {@code spec.suspend} is false. */
  NotSuspended("spec.suspend is false."),
  /** The queue has not let the pods start yet. */
  WaitingForQuota("The Kueue queue has not admitted the pods yet."),
  /** The queue took the quota back; the pods start again when it is given. */
  Evicted("Kueue took the quota back; the job goes on when it is admitted again."),
  /** The queue let the pods start. */
  QuotaReserved("The Kueue queue has admitted the pods."),
  /** The Model does not exist yet or is not imported. */
  WaitingForModel("The Model does not exist yet, or is not imported yet."),
  /** Another job of the same Model is at work. */
  WaitingForTurn("Another EditJob of the same Model is at work; jobs of a Model run one by one."),
  /** The pods start. */
  Starting("The pods are being started."),
  /** No node takes the pod. */
  Unschedulable("No node takes the pod; the message repeats the scheduler."),
  /** The image cannot be pulled. */
  ImageUnavailable("The image of the worker cannot be pulled."),
  /** The container cannot be started, such as for a Secret that is missing. */
  ContainerFailed("The container cannot be started; the message repeats the kubelet."),
  /** The pods compute. */
  Running("The pods compute."),
  /** The job has ended. */
  Finished("The job has ended; its pods are gone or done."),
  /** The job starts again from another version. */
  Rebased("The version to start from has moved; the job starts again from the newer one."),
  /** A shard failed and is tried again. */
  ShardRetried("A shard failed and is tried again."),
  /** A stage began. */
  StageStarted("A stage began."),
  /** The base is imported. */
  Imported("The base checkpoint is version 0."),
  /** The base is being imported. */
  Importing("The base checkpoint is being imported."),
  /** Serving reads the version that was asked for. */
  Promoted("Serving reads the version of spec.current."),
  /** The pointer is being moved. */
  Promoting("The pointer to the current version is being moved."),
  /** The pointer cannot be moved. */
  PromotionFailed("The version of spec.current cannot be made current; the message says why.");

  private final String meaning;

  Reason(String meaning) {
    this.meaning = meaning;
  }

  /** What it means, in one sentence for documentation. */
  public String meaning() {
    return meaning;
  }
}
