package dev.errata.operator.access;

import io.fabric8.kubernetes.api.model.authentication.UserInfoBuilder;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.TokenAuthenticationRequest;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.test.junit.QuarkusMock;
import io.smallrye.mutiny.Uni;

/** An API server's answers without one: who bears which token, and what they may read. */
public final class KnownCallers {
  /** The one token that is known. */
  public static final String TOKEN = "a-token-that-is-known";

  /** A namespace in which nobody may read. */
  public static final String FORBIDDEN = "secret";

  private KnownCallers() {}

  /** Answers so as long as the test class runs. */
  public static void install() {
    QuarkusMock.installMockForType(new Tokens(), TokenReviews.class);
    QuarkusMock.installMockForType(new Rights(), Permissions.class);
  }

  private static final class Tokens extends TokenReviews {
    Tokens() {
      super(null);
    }

    @Override
    public Uni<SecurityIdentity> authenticate(
        TokenAuthenticationRequest request, AuthenticationRequestContext context) {
      if (!TOKEN.equals(request.getToken().getToken())) {
        return Uni.createFrom()
            .failure(new AuthenticationFailedException("the API server does not know this token"));
      }
      return Uni.createFrom()
          .item(
              QuarkusSecurityIdentity.builder()
                  .setPrincipal(new QuarkusPrincipal("reader"))
                  .addAttribute(USER, new UserInfoBuilder().withUsername("reader").build())
                  .build());
    }
  }

  private static final class Rights extends Permissions {
    Rights() {
      super(null);
    }

    @Override
    public void require(SecurityIdentity caller, String verb, String resource, String namespace) {
      if (FORBIDDEN.equals(namespace)) {
        throw new ForbiddenException(
            "reader may not " + verb + " " + resource + " in namespace " + namespace);
      }
    }
  }
}
