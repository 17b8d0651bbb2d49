package dev.errata.operator.assembly;

import dev.errata.api.InputException;
import dev.errata.api.listing.ListingPart;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.Reader;
import java.net.HttpURLConnection;
import java.util.Collection;
import java.util.Map;

/** Reads what pods that list versions have told. */
final class PodLogs {
  /** The pod's number in its Job, as the Job controller writes it. */
  private static final String INDEX = "batch.kubernetes.io/job-completion-index";

  private static final int TOO_MANY_REQUESTS = 429;

  private final KubernetesClient client;

  PodLogs(KubernetesClient client) {
    this.client = client;
  }

  /**
   * The part that a pod of a Job has told.
   *
   * @throws InputException when no pod of it has, or its log cannot be read or is not whole
   * @throws KubernetesClientException when the API server does not answer
   */
  ListingPart part(Job job, Collection<Pod> pods, int part) {
    Pod pod =
        pods.stream()
            .filter(one -> one.hasOwnerReferenceFor(job) && index(one) == part)
            .filter(one -> one.getStatus() != null)
            .filter(one -> "Succeeded".equals(one.getStatus().getPhase()))
            .findFirst()
            .orElseThrow(
                () ->
                    new InputException(
                        "the pod that told part %d of Job %s is gone"
                            .formatted(part, job.getMetadata().getName())));
    try (Reader log = log(pod)) {
      return ListingPart.read(log);
    } catch (InputException e) {
      throw new InputException(words(pod) + e.getMessage(), e);
    } catch (IOException e) {
      throw new InputException(words(pod) + "its log breaks off: " + e.getMessage(), e);
    } catch (KubernetesClientException e) {
      if (e.getCode() == 0 || e.getCode() == TOO_MANY_REQUESTS) {
        throw e;
      }
      String mend =
          e.getCode() == HttpURLConnection.HTTP_FORBIDDEN
              ? "; the operator needs the right to get pods/log, which its chart gives it"
              : "";
      throw new InputException(words(pod) + "its log cannot be read: " + e.getMessage() + mend, e);
    }
  }

  private Reader log(Pod pod) {
    return client
        .pods()
        .inNamespace(pod.getMetadata().getNamespace())
        .withName(pod.getMetadata().getName())
        .limitBytes(ListingPart.MAX_LOG)
        .getLogReader();
  }

  private static String words(Pod pod) {
    return "Pod " + pod.getMetadata().getName() + ": ";
  }

  private static int index(Pod pod) {
    Map<String, String> annotations = pod.getMetadata().getAnnotations();
    String index = annotations == null ? null : annotations.get(INDEX);
    return index == null ? -1 : Integer.parseInt(index);
  }
}
