package dev.errata.operator.decide;

import dev.errata.api.resource.Reason;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Why a pod does not compute, in words for a person.
 *
 * @param reason what it is
 * @param message what happened and what to do
 */
record PodTrouble(Reason reason, String message) {
  private static final Set<String> IMAGE =
      Set.of(
          "ErrImagePull",
          "ImagePullBackOff",
          "InvalidImageName",
          "ErrImageNeverPull",
          "ImageInspectError",
          "RegistryUnavailable");

  private static final Set<String> CONTAINER =
      Set.of("CreateContainerConfigError", "CreateContainerError", "RunContainerError");

  /** The trouble of the first of some pods that has any. */
  static Optional<PodTrouble> of(List<PodView> pods) {
    return pods.stream()
        .sorted(Comparator.comparing(PodView::name))
        .flatMap(pod -> of(pod).stream())
        .findFirst();
  }

  private static Optional<PodTrouble> of(PodView pod) {
    if (pod.unschedulable() != null) {
      return Optional.of(
          new PodTrouble(
              Reason.Unschedulable,
              "No node takes pod " + pod.name() + "; the scheduler says: " + pod.unschedulable()));
    }
    String why = pod.waitingReason();
    String words = pod.waitingMessage() == null ? why : why + ": " + pod.waitingMessage();
    if (why != null && IMAGE.contains(why)) {
      return Optional.of(
          new PodTrouble(
              Reason.ImageUnavailable,
              "Pod "
                  + pod.name()
                  + " cannot get its image; mend spec.workers.image or the"
                  + " registry. "
                  + words));
    }
    if (why != null && CONTAINER.contains(why)) {
      return Optional.of(
          new PodTrouble(Reason.ContainerFailed, "Pod " + pod.name() + " cannot start. " + words));
    }
    return Optional.empty();
  }

  /** How a pod ended, with the end of its log. */
  static String ended(PodView pod) {
    String log = pod.message() == null ? "" : pod.message().strip();
    String code =
        switch (pod.exitCode()) {
          case 137 -> "was killed (137), most likely for memory: raise spec.workers.resources";
          default -> "ended with code " + pod.exitCode();
        };
    return "Pod " + pod.name() + " " + code + (log.isEmpty() ? "." : "; its log ends: " + log);
  }
}
