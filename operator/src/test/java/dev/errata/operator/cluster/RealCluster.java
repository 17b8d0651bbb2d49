package dev.errata.operator.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/**
 * A real kube-apiserver with its controllers, from {@code src/cluster}; one for all tests of a JVM.
 * Tests that want it are skipped by name where its binaries were not built; with {@code
 * ERRATA_CLUSTER=required} in the environment they fail there.
 */
public final class RealCluster {
  private static final Path SCRIPT = Path.of("../src/cluster/cluster").toAbsolutePath().normalize();
  private static final String OPERATOR = "system:serviceaccount:errata:errata-operator";

  /** Quarkus loads its tests, and so this class, once more by itself: the cluster stays one. */
  private static final Object SHARED = ClassLoader.getSystemClassLoader();

  /** System property of where the state of the one that runs lies. */
  private static final String STATE = "test.cluster.state";

  private static RealCluster running;

  private final Path state;
  private final KubernetesClient admin;

  private RealCluster(Path state) throws IOException {
    this.state = state;
    this.admin = client(null, null);
  }

  /** The cluster; starts it, or skips the test that asks. */
  public static RealCluster get() {
    synchronized (SHARED) {
      if (running == null) {
        String missing = "no kube-apiserver: build it once with src/cluster/cluster build";
        if (!built() && "required".equals(System.getenv("ERRATA_CLUSTER"))) {
          throw new IllegalStateException(missing);
        }
        Assumptions.assumeTrue(built(), missing);
        try {
          running = shared();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      return running;
    }
  }

  private static RealCluster shared() throws IOException {
    String there = System.getProperty(STATE);
    if (there != null) {
      return new RealCluster(Path.of(there));
    }
    Path state = Files.createTempDirectory("errata-kube");
    run(state, "up", "--api-only", "--controllers");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(state)));
    RealCluster started = new RealCluster(state);
    started.prepare();
    System.setProperty(STATE, state.toString());
    return started;
  }

  /** Whether its binaries are here; with {@code ERRATA_CLUSTER=required} they have to be. */
  public static boolean here() {
    return built() || "required".equals(System.getenv("ERRATA_CLUSTER"));
  }

  private static boolean built() {
    return programs() != null;
  }

  /** Where the binaries lie, kubectl among them; null where they were not built. */
  static Path programs() {
    String cache = System.getenv("CLUSTER_CACHE");
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path home = Path.of(System.getProperty("user.home"), ".cache");
    Path root =
        cache != null
            ? Path.of(cache)
            : (xdg == null ? home : Path.of(xdg)).resolve("errata").resolve("kube");
    if (!Files.isDirectory(root.resolve("k8s"))) {
      return null;
    }
    try (Stream<Path> versions = Files.list(root.resolve("k8s"))) {
      return versions
          .filter(
              bin ->
                  Stream.of("etcd", "kube-apiserver", "kube-controller-manager", "kubectl")
                      .allMatch(part -> Files.isExecutable(bin.resolve(part))))
          .findFirst()
          .orElse(null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void run(Path state, String... command) throws IOException {
    ProcessBuilder process = new ProcessBuilder(SCRIPT.toString());
    process.command().addAll(List.of(command));
    process.environment().put("CLUSTER_STATE", state.toString());
    process.environment().put("CLUSTER_TIMEOUT", "300");
    Path log = state.resolveSibling(state.getFileName() + ".log");
    process.redirectErrorStream(true).redirectOutput(log.toFile());
    Process started = process.start();
    started.getOutputStream().close();
    try {
      assertThat(started.waitFor(10, TimeUnit.MINUTES)).as("cluster %s ends", command[0]).isTrue();
      assertThat(started.exitValue()).as(Files.readString(log, UTF_8)).isZero();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    Files.deleteIfExists(log);
  }

  private static void stop(Path state) {
    try {
      run(state, "down", "--purge");
      if (Files.exists(state)) {
        try (Stream<Path> files = Files.walk(state)) {
          for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Installs the CRDs and what the operator may do, as the chart does. */
  private void prepare() throws IOException {
    try (Stream<Path> crds = Files.list(Path.of("../crds"))) {
      for (Path crd : crds.filter(f -> f.toString().endsWith(".errata.dev.yaml")).toList()) {
        try (var in = Files.newInputStream(crd)) {
          admin.load(in).serverSideApply();
        }
      }
    }
    Awaitility.await()
        .atMost(2, TimeUnit.MINUTES)
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              admin.resources(Model.class).inAnyNamespace().list();
              admin.resources(EditJob.class).inAnyNamespace().list();
              admin.resources(ModelVersion.class).inAnyNamespace().list();
            });
    admin.resource(Serialization.unmarshal(role(), ClusterRole.class)).create();
    admin
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName("errata-operator")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "errata-operator")
                .addNewSubject()
                .withKind("ServiceAccount")
                .withNamespace("errata")
                .withName("errata-operator")
                .endSubject()
                .build())
        .create();
  }

  /** The very rules of the chart, where they stand in it. */
  private static String role() throws IOException {
    String helpers = Files.readString(Path.of("../deploy/chart/templates/_helpers.tpl"));
    return "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n"
        + "metadata: {name: errata-operator}\nrules:\n"
        + defined(helpers, "errata.rules")
        + defined(helpers, "errata.rules.registry");
  }

  private static String defined(String helpers, String name) {
    String begin = "{{- define \"" + name + "\" -}}\n";
    int from = helpers.indexOf(begin) + begin.length();
    return helpers.substring(from, helpers.indexOf("{{- end }}", from));
  }

  private KubernetesClient client(String user, Interceptor interceptor) throws IOException {
    return client(config(), user, interceptor);
  }

  private static KubernetesClient client(Config config, String user, Interceptor interceptor) {
    Config own =
        new ConfigBuilder(config)
            .withImpersonateUsername(user)
            .withRequestRetryBackoffLimit(3)
            .withRequestTimeout(60_000)
            .build();
    KubernetesClientBuilder builder = new KubernetesClientBuilder().withConfig(own);
    if (interceptor != null) {
      builder.withHttpClientBuilderConsumer(
          http -> http.addOrReplaceInterceptor("test", interceptor));
    }
    return builder.build();
  }

  /** The kubeconfig of a client that may do everything. */
  public Path kubeconfig() {
    return state.resolve("conf/admin.kubeconfig");
  }

  /** Where its keys and certificates lie. */
  Path pki() {
    return state.resolve("pki");
  }

  /** How somebody who may do everything reaches the API server. */
  Config config() {
    try {
      return Config.fromKubeconfig(Files.readString(kubeconfig()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A client that may do everything. */
  public KubernetesClient admin() {
    return admin;
  }

  /** A client that may do what the chart lets the operator do. */
  public KubernetesClient operator() {
    return operator(null);
  }

  /** The same, with a hand on its requests. */
  KubernetesClient operator(Interceptor interceptor) {
    try {
      return client(OPERATOR, interceptor);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A client that may do what the chart lets the operator do, by another server. */
  KubernetesClient operatorAt(String url) {
    Config config = new ConfigBuilder(Config.empty()).withMasterUrl(url).build();
    return client(config, OPERATOR, null);
  }

  /**
   * Kills a part, as a crash does.
   *
   * @param part such as {@code etcd}
   */
  void kill(String part) throws IOException {
    String pid = Files.readString(state.resolve("pids").resolve(part)).split(" ", 2)[0];
    ProcessHandle process = ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    process.destroyForcibly();
    process.onExit().join();
  }

  /** Starts again what was killed. */
  void mend() throws IOException {
    run(state, "up", "--api-only", "--controllers");
  }

  /** A fresh namespace under Pod Security "restricted". */
  public String namespace(String prefix) {
    return admin
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withGenerateName(prefix + "-")
                .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                .endMetadata()
                .build())
        .create()
        .getMetadata()
        .getName();
  }
}
