package dev.errata.operator.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.operator.cluster.RealCluster;
import dev.errata.operator.cluster.Tokens;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.credential.TokenCredential;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.TokenAuthenticationRequest;
import io.smallrye.mutiny.Uni;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * A real API server says whose token it is and what they may read, asked with the chart's rights.
 */
class AccessOnClusterTest {
  private static final AuthenticationRequestContext AT_ONCE =
      new AuthenticationRequestContext() {
        @Override
        public Uni<SecurityIdentity> runBlocking(Supplier<SecurityIdentity> function) {
          return Uni.createFrom().item(function);
        }
      };

  @Test
  void aServiceAccountReadsWhatItsRoleLetsItRead() {
    RealCluster cluster = RealCluster.get();
    KubernetesClient admin = cluster.admin();
    String namespace = cluster.namespace("access");
    String other = cluster.namespace("access");
    admin
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName("errata-operator-reviews")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "system:auth-delegator")
                .addNewSubject()
                .withKind("ServiceAccount")
                .withNamespace("errata")
                .withName("errata-operator")
                .endSubject()
                .build())
        .serverSideApply();
    String token = Tokens.reader(admin, namespace, "modelversions");
    try (KubernetesClient operator = cluster.operator()) {
      TokenReviews reviews = new TokenReviews(operator);
      Permissions permissions = new Permissions(operator);
      SecurityIdentity caller = identity(reviews, token);
      assertThat(caller.getPrincipal().getName())
          .isEqualTo("system:serviceaccount:" + namespace + ":reader");
      permissions.require(caller, "list", "modelversions", namespace);
      assertThatThrownBy(() -> permissions.require(caller, "list", "editjobs", namespace))
          .isInstanceOf(ForbiddenException.class)
          .hasMessageContaining("may not list editjobs in namespace " + namespace);
      assertThatThrownBy(() -> permissions.require(caller, "list", "modelversions", other))
          .isInstanceOf(ForbiddenException.class);
      assertThatThrownBy(() -> identity(reviews, token + "x"))
          .isInstanceOf(AuthenticationFailedException.class)
          .hasMessageNotContaining(token);
    }
  }

  private static SecurityIdentity identity(TokenReviews reviews, String token) {
    return reviews
        .authenticate(new TokenAuthenticationRequest(new TokenCredential(token, "bearer")), AT_ONCE)
        .await()
        .indefinitely();
  }
}
