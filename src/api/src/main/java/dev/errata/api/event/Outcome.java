package dev.errata.api.event;

/** What came of a job: a version, or none. The last one of a job is the one that holds. */
public sealed interface Outcome permits VersionEvent, FailureEvent {
  /** Namespace of the EditJob. */
  String namespace();

  /** Name of the EditJob. */
  String editJob();

  /** UID of the EditJob: the key of its events. */
  String uid();

  /** Name of its Model. */
  String model();
}
