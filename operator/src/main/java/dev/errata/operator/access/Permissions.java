package dev.errata.operator.access;

import dev.errata.api.Resources;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewSpecBuilder;
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
   * Asks whether a caller may do something to resources.
   *
   * @param verb such as {@code list}
   * @param resource such as {@code editjobs}
   * @throws ForbiddenException when they may not
   * @throws UnansweredException when the API server does not say
   */
  public void require(SecurityIdentity caller, String verb, String resource, String namespace) {
    require(
        caller,
        verb + " " + resource + " in namespace " + namespace,
        new SubjectAccessReviewSpecBuilder()
            .withNewResourceAttributes()
            .withGroup(Resources.GROUP)
            .withResource(resource)
            .withVerb(verb)
            .withNamespace(namespace)
            .endResourceAttributes());
  }

  /**
   * Asks whether a caller may do something at a path that is no resource: {@code nonResourceURLs}
   * of a ClusterRole.
   *
   * @param verb such as {@code post}
   * @throws ForbiddenException when they may not
   * @throws UnansweredException when the API server does not say
   */
  public void requirePath(SecurityIdentity caller, String verb, String path) {
    require(
        caller,
        verb + " " + path,
        new SubjectAccessReviewSpecBuilder()
            .withNewNonResourceAttributes()
            .withVerb(verb)
            .withPath(path)
            .endNonResourceAttributes());
  }

  private void require(SecurityIdentity caller, String deed, SubjectAccessReviewSpecBuilder asked) {
    UserInfo user = caller.getAttribute(TokenReviews.USER);
    if (user == null) {
      throw new ForbiddenException("nobody knows who asks");
    }
    String key =
        String.join(
            "\n",
            deed,
            user.getUsername(),
            String.valueOf(user.getUid()),
            String.valueOf(user.getGroups()));
    if (!known.get(key, () -> ask(user, asked))) {
      throw new ForbiddenException(user.getUsername() + " may not " + deed);
    }
  }

  private boolean ask(UserInfo user, SubjectAccessReviewSpecBuilder asked) {
    SubjectAccessReview review =
        Reviews.ask(
            client,
            new SubjectAccessReviewBuilder()
                .withSpec(
                    asked
                        .withUser(user.getUsername())
                        .withUid(user.getUid())
                        .withGroups(user.getGroups())
                        .build())
                .build());
    return review.getStatus() != null && Boolean.TRUE.equals(review.getStatus().getAllowed());
  }
}
