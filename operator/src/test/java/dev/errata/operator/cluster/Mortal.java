package dev.errata.operator.cluster;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;

/**
 * Lets operators die between any two writes: each life may repeat what was written before it and
 * write one thing that is new. At the next one it is dead, and nothing of it reaches the cluster.
 */
final class Mortal implements Interceptor {
  private static final Pattern TIMES = Pattern.compile("\"[0-9-]{10}T[0-9:.]+Z\"");

  private final Set<String> written = new HashSet<>();
  private boolean spent;
  private CompletableFuture<String> death = new CompletableFuture<>();

  /** Begins a life; what is returned completes when it ends, with the write that did not happen. */
  synchronized CompletableFuture<String> live() {
    spent = false;
    death = new CompletableFuture<>();
    return death;
  }

  @Override
  public synchronized void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
    if (request.method().equals("GET")) {
      return;
    }
    String body = request.bodyString() == null ? "" : request.bodyString();
    String write =
        request.method()
            + " "
            + request.uri().getPath()
            + " "
            + TIMES.matcher(body).replaceAll("\"\"");
    if (!death.isDone() && (written.contains(write) || !spent)) {
      spent |= written.add(write);
      return;
    }
    death.complete(write);
    throw new KubernetesClientException("this operator is dead");
  }
}
