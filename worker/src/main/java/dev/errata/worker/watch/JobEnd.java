package dev.errata.worker.watch;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * How a job has ended.
 *
 * @param job its name
 * @param namespace its namespace
 * @param state {@code Published}, {@code Rejected}, {@code Unchanged}, {@code Failed} or {@code
 *     Unknown}
 * @param version the version that it made, or found made; null when none is known
 * @param message one sentence for a person
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record JobEnd(String job, String namespace, String state, String version, String message) {
  /** A version is stored as Rejected. */
  public static final String REJECTED = "Rejected";

  /** There is no version. */
  public static final String FAILED = "Failed";

  /** Nothing is heard of it any more. */
  public static final String UNKNOWN = "Unknown";
}
