package dev.errata.operator.registry;

import dev.errata.operator.cluster.RealCluster;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Puts the program under test beside a real PostgreSQL and a real API server, where they are. */
public final class ServersResource implements QuarkusTestResourceLifecycleManager {
  /** Property of a kubeconfig, as the client reads it. */
  private static final String KUBECONFIG = "kubeconfig";

  /** The store of each namespace is a folder in it. */
  record Stores(Path root) {
    Path of(String namespace) {
      return root.resolve(namespace);
    }
  }

  private Postgres postgres;
  private RealCluster cluster;
  private Stores stores;

  @Override
  public Map<String, String> start() {
    Map<String, String> settings = new HashMap<>();
    try {
      stores = new Stores(Files.createTempDirectory("errata-stores"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    settings.put("errata.registry.store", stores.root() + "/{namespace}");
    if (Postgres.here()) {
      postgres = Postgres.start();
      settings.put("errata.registry.database.url", postgres.url());
      settings.put("errata.registry.database.username", "postgres");
      settings.put("errata.registry.database.password", "postgres");
    }
    if (RealCluster.here()) {
      cluster = RealCluster.get();
      System.setProperty(KUBECONFIG, cluster.kubeconfig().toString());
    }
    return settings;
  }

  @Override
  public void inject(TestInjector injector) {
    injector.injectIntoFields(postgres, new TestInjector.MatchesType(Postgres.class));
    injector.injectIntoFields(stores, new TestInjector.MatchesType(Stores.class));
  }

  @Override
  public void stop() {
    System.clearProperty(KUBECONFIG);
    if (postgres != null) {
      postgres.close();
    }
    if (stores != null) {
      Postgres.delete(stores.root());
    }
  }
}
