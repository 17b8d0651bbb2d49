package dev.errata.operator.access;

import dev.errata.api.Resources;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.identity.SecurityIdentity;
import jakarta.enterprise.context.ApplicationScoped;

/** Lets the API server say what a caller may see: what RBAC lets them read of the resources. */
@ApplicationScoped
public class Permissions {
  private final KubernetesClient client;
  private final Remembered<Boolean> known = new Remembered<>();

  Permissions(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Asks whether a caller may do something.
   *
   * @param verb such as {@code list}
   * @param resource such as {@code editjobs}
   * @throws ForbiddenException when they may not
   */
  public void require(SecurityIdentity caller, String verb, String resource, String namespace) {
    UserInfo user = caller.getAttribute(TokenReviews.USER);
    if (user == null) {
      throw new ForbiddenException("nobody knows who asks");
    }
    String key =
        String.join(
            "\n",
            verb,
            resource,
            namespace,
            user.getUsername(),
            String.valueOf(user.getUid()),
            String.valueOf(user.getGroups()));
    if (!known.get(key, () -> ask(user, verb, resource, namespace))) {
      throw new ForbiddenException(
          user.getUsername() + " may not " + verb + " " + resource + " in namespace " + namespace);
    }
  }

  private boolean ask(UserInfo user, String verb, String resource, String namespace) {
    SubjectAccessReview review =
        client
            .resource(
                new SubjectAccessReviewBuilder()
                    .withNewSpec()
                    .withUser(user.getUsername())
                    .withUid(user.getUid())
                    .withGroups(user.getGroups())
                    .withNewResourceAttributes()
                    .withGroup(Resources.GROUP)
                    .withResource(resource)
                    .withVerb(verb)
                    .withNamespace(namespace)
                    .endResourceAttributes()
                    .endSpec()
                    .build())
            .create();
    return review.getStatus() != null && Boolean.TRUE.equals(review.getStatus().getAllowed());
  }
}
