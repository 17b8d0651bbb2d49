package dev.errata.operator.registry;

import dev.errata.operator.cluster.RealCluster;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.HashMap;
import java.util.Map;

/** Puts the program under test beside a real PostgreSQL and a real API server, where they are. */
public final class ServersResource implements QuarkusTestResourceLifecycleManager {
  /** Property of a kubeconfig, as the client reads it. */
  private static final String KUBECONFIG = "kubeconfig";

  private Postgres postgres;
  private RealCluster cluster;

  @Override
  public Map<String, String> start() {
    Map<String, String> settings = new HashMap<>();
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
  }

  @Override
  public void stop() {
    System.clearProperty(KUBECONFIG);
    if (postgres != null) {
      postgres.close();
    }
  }
}
