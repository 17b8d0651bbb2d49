package dev.errata.operator.cluster;

import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A node with a kubelet that runs nothing and keeps logs: the real API server asks it for those of
 * pods that are bound to it. One for each client; Quarkus, which loads this class once more, has
 * its own.
 */
final class PlayedNode {
  private static final Map<KubernetesClient, PlayedNode> NODES = new HashMap<>();

  private final KubernetesClient client;
  private final String name = "played-" + UUID.randomUUID();
  private final Map<String, String> logs = new ConcurrentHashMap<>();

  private PlayedNode(KubernetesClient client) {
    this.client = client;
  }

  /** The node of a cluster. */
  static synchronized PlayedNode of(KubernetesClient client) {
    return NODES.computeIfAbsent(
        client,
        one -> {
          PlayedNode node = new PlayedNode(one);
          node.join();
          return node;
        });
  }

  /** An API server that knows no authority of its kubelets takes any certificate. */
  private void join() {
    Path pki = RealCluster.get().pki();
    HttpServerOptions options =
        new HttpServerOptions()
            .setSsl(true)
            .setKeyCertOptions(
                new PemKeyCertOptions()
                    .setKeyPath(pki.resolve("apiserver.key").toString())
                    .setCertPath(pki.resolve("apiserver.crt").toString()));
    HttpServer kubelet =
        Vertx.vertx()
            .createHttpServer(options)
            .requestHandler(this::answer)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .orTimeout(1, TimeUnit.MINUTES)
            .join();
    Node node =
        new NodeBuilder()
            .withNewMetadata()
            .withName(name)
            .endMetadata()
            .withNewSpec()
            .endSpec()
            .withNewStatus()
            .addNewAddress("127.0.0.1", "InternalIP")
            .withNewDaemonEndpoints()
            .withNewKubeletEndpoint(kubelet.actualPort())
            .endDaemonEndpoints()
            .endStatus()
            .build();
    client.resource(node).create();
    // The status of a new node is taken as it is created, but not that of one that is there.
    client.resource(node).patchStatus();
  }

  private void answer(HttpServerRequest request) {
    String log = logs.get(request.path());
    if (log == null) {
      request.response().setStatusCode(404).end("no such container");
      return;
    }
    String limit = request.getParam("limitBytes");
    int most = limit == null ? log.length() : Math.min(log.length(), Integer.parseInt(limit));
    request.response().end(log.substring(0, most));
  }

  /** Takes a pod that no node has. */
  void takes(Pod pod, String log) {
    String namespace = pod.getMetadata().getNamespace();
    String podName = pod.getMetadata().getName();
    String container = pod.getSpec().getContainers().get(0).getName();
    logs.put("/containerLogs/" + namespace + "/" + podName + "/" + container, log);
    if (pod.getSpec().getNodeName() != null) {
      return;
    }
    client.raw(
        "/api/v1/namespaces/" + namespace + "/pods/" + podName + "/binding",
        "POST",
        new BindingBuilder()
            .withNewMetadata()
            .withName(podName)
            .withNamespace(namespace)
            .endMetadata()
            .withNewTarget()
            .withKind("Node")
            .withName(name)
            .endTarget()
            .build());
  }
}
