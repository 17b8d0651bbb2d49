package dev.errata.operator.access;

import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.IdentityProvider;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.TokenAuthenticationRequest;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;

/** Lets the API server say whose token it is. */
@ApplicationScoped
public class TokenReviews implements IdentityProvider<TokenAuthenticationRequest> {
  /** Attribute of an identity: the {@link UserInfo} that the API server gave. */
  static final String USER = "kubernetes-user";

  private final KubernetesClient client;
  private final Remembered<SecurityIdentity> known = new Remembered<>();

  TokenReviews(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public Class<TokenAuthenticationRequest> getRequestType() {
    return TokenAuthenticationRequest.class;
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      TokenAuthenticationRequest request, AuthenticationRequestContext context) {
    String token = request.getToken().getToken();
    return context.runBlocking(() -> known.get(Remembered.digest(token), () -> review(token)));
  }

  private SecurityIdentity review(String token) {
    TokenReview review =
        Reviews.ask(
            client, new TokenReviewBuilder().withNewSpec().withToken(token).endSpec().build());
    if (review.getStatus() == null || !Boolean.TRUE.equals(review.getStatus().getAuthenticated())) {
      throw new AuthenticationFailedException("the API server does not know this token");
    }
    UserInfo user = review.getStatus().getUser();
    return QuarkusSecurityIdentity.builder()
        .setPrincipal(new QuarkusPrincipal(user.getUsername()))
        .addRoles(Set.copyOf(user.getGroups()))
        .addAttribute(USER, user)
        .build();
  }
}
