package dev.errata.operator.cluster;

import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;

/** People who may do some things on a real cluster. */
public final class Tokens {
  private static final String READER = "reader";
  private static final String RBAC = "rbac.authorization.k8s.io";

  private Tokens() {}

  /** The token of a ServiceAccount that may list some resources of Errata in its namespace. */
  public static String reader(KubernetesClient admin, String namespace, String... resources) {
    admin
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName(READER)
                .withNamespace(namespace)
                .endMetadata()
                .build())
        .create();
    admin
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withName(READER)
                .withNamespace(namespace)
                .endMetadata()
                .addNewRule()
                .withApiGroups("errata.dev")
                .withResources(resources)
                .withVerbs("list")
                .endRule()
                .build())
        .create();
    admin
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName(READER)
                .withNamespace(namespace)
                .endMetadata()
                .withNewRoleRef(RBAC, "Role", READER)
                .addNewSubject()
                .withKind("ServiceAccount")
                .withNamespace(namespace)
                .withName(READER)
                .endSubject()
                .build())
        .create();
    return fresh(admin, namespace);
  }

  /** Another token of it. */
  public static String fresh(KubernetesClient admin, String namespace) {
    return admin
        .serviceAccounts()
        .inNamespace(namespace)
        .withName(READER)
        .tokenRequest(
            new TokenRequestBuilder().withNewSpec().withExpirationSeconds(3600L).endSpec().build())
        .getStatus()
        .getToken();
  }

  /** Lets it post to a path that is no resource. */
  public static void mayPost(KubernetesClient admin, String namespace, String path) {
    String name = "post-" + namespace;
    admin
        .resource(
            new ClusterRoleBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .addNewRule()
                .withNonResourceURLs(path)
                .withVerbs("post")
                .endRule()
                .build())
        .create();
    admin
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewRoleRef(RBAC, "ClusterRole", name)
                .addNewSubject()
                .withKind("ServiceAccount")
                .withNamespace(namespace)
                .withName(READER)
                .endSubject()
                .build())
        .create();
  }
}
