package dev.errata.operator.decide;

import java.time.Instant;

/**
 * What a decision needs to know of a pod.
 *
 * @param name its name
 * @param created when it was made
 * @param ready whether its container runs
 * @param phase such as {@code Pending}
 * @param unschedulable the scheduler's words when no node takes it; null otherwise
 * @param waitingReason why its container does not run yet, such as {@code ErrImagePull}; or null
 * @param waitingMessage the kubelet's words about that; or null
 * @param exitCode of the container that has ended; null while it runs
 * @param message the termination message: a report, or the end of its log
 */
public record PodView(
    String name,
    Instant created,
    boolean ready,
    String phase,
    String unschedulable,
    String waitingReason,
    String waitingMessage,
    Integer exitCode,
    String message) {}
