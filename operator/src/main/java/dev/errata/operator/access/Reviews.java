package dev.errata.operator.access;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfig;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.net.HttpURLConnection;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Asks the API server while somebody waits for the answer: a few seconds, and not the minutes that
 * the operator's own work has.
 */
final class Reviews {
  private static final Logger LOG = Logger.getLogger(Reviews.class);
  private static final RequestConfig SHORT =
      new RequestConfigBuilder()
          .withRequestTimeout(Math.toIntExact(Duration.ofSeconds(5).toMillis()))
          .withRequestRetryBackoffLimit(1)
          .build();

  private Reviews() {}

  /**
   * Asks.
   *
   * @param review such as a TokenReview
   * @throws UnansweredException when there is no answer, or the operator may not ask
   */
  static <T extends HasMetadata> T ask(KubernetesClient client, T review) {
    try {
      return client.newClient(SHORT).adapt(KubernetesClient.class).resource(review).create();
    } catch (KubernetesClientException e) {
      LOG.warnf("A %s is not answered: %s", review.getKind(), e.getMessage());
      boolean refused =
          e.getCode() == HttpURLConnection.HTTP_FORBIDDEN
              || e.getCode() == HttpURLConnection.HTTP_UNAUTHORIZED;
      throw new UnansweredException(
          refused
              ? "the API server does not let the operator ask who may read what; see the rights that"
                  + " its chart gives it"
              : "the API server, which knows who may read what, does not answer; try again",
          e);
    }
  }
}
