package dev.errata.operator.registry;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.operator.OperatorSettings;
import dev.errata.operator.assembly.Listings;
import dev.errata.operator.manifest.Installation;
import dev.errata.operator.registry.RegistryWriter.VersionName;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Makes the registry say what cluster and storage say; one thread at a time. */
@ApplicationScoped
public class RegistrySync {
  private static final long PAGE = 500;

  private final KubernetesClient client;
  private final RegistryWriter writer;
  private final OperatorSettings operator;
  private final Listings listings;

  /** Resource versions of what was written, by UID. */
  private final Map<String, String> written = new HashMap<>();

  RegistrySync(
      KubernetesClient client,
      RegistryWriter writer,
      OperatorSettings operator,
      Installation installation) {
    this.client = client;
    this.writer = writer;
    this.operator = operator;
    this.listings =
        new Listings(
            client,
            installation,
            operator.namespaces().orElse(Set.of()),
            writer,
            Clock.systemUTC());
  }

  /**
   * Looks at the whole cluster once, and at what pods tell of the files of versions.
   *
   * @param wroteLast whether nobody else has written since; what has not changed is left alone then
   * @return whether pods tell more soon
   * @throws KubernetesClientException when the API server does not answer
   * @throws PersistenceException when the database does not
   */
  public synchronized boolean run(boolean wroteLast) {
    resources(wroteLast);
    return listings.look();
  }

  /**
   * Looks at what pods tell of the files of versions.
   *
   * @return whether they tell more soon
   */
  public synchronized boolean listen() {
    return listings.look();
  }

  private void resources(boolean wroteLast) {
    if (!wroteLast) {
      written.clear();
    }
    boolean done = false;
    try {
      follow();
      done = true;
    } finally {
      if (!done) {
        written.clear();
      }
    }
  }

  /**
   * Makes everything again that the cluster says, at once for all who read; what the files of
   * versions say follows, version by version.
   */
  public synchronized void rebuild() {
    QuarkusTransaction.requiringNew()
        .timeout(RegistryWriter.LONGEST_SECONDS)
        .run(
            () -> {
              writer.doubt();
              resources(false);
            });
    listings.forget();
  }

  /** Reads page by page, twice where there is news: of what is many only names are in memory. */
  private void follow() {
    Set<String> models = new HashSet<>();
    Set<String> jobs = new HashSet<>();
    Set<String> all = new HashSet<>();
    Set<VersionName> versions = new HashSet<>();
    List<Model> newModels = new ArrayList<>();
    each(
        Model.class,
        model -> {
          models.add(uid(model));
          if (news(model)) {
            newModels.add(model);
          }
        });
    boolean[] newJobs = {false};
    each(
        EditJob.class,
        job -> {
          jobs.add(uid(job));
          newJobs[0] |= news(job);
        });
    boolean[] newVersions = {false};
    each(
        ModelVersion.class,
        version -> {
          all.add(uid(version));
          versions.add(VersionName.of(version));
          newVersions[0] |= news(version);
        });
    // First, for a namesake may follow.
    writer.retain(models, jobs, versions);
    all.addAll(models);
    all.addAll(jobs);
    written.keySet().retainAll(all);
    newModels.forEach(this::write);
    if (newJobs[0]) {
      each(EditJob.class, this::write);
    }
    if (newVersions[0]) {
      each(ModelVersion.class, this::write);
    }
  }

  private void write(Model model) {
    writer.model(model);
    remember(model);
  }

  private void write(EditJob job) {
    if (news(job)) {
      writer.job(job);
      remember(job);
    }
  }

  private void write(ModelVersion version) {
    if (news(version)) {
      writer.version(version);
      remember(version);
    }
  }

  private boolean news(HasMetadata resource) {
    return !resource
        .getMetadata()
        .getResourceVersion()
        .equals(written.get(resource.getMetadata().getUid()));
  }

  private void remember(HasMetadata resource) {
    written.put(resource.getMetadata().getUid(), resource.getMetadata().getResourceVersion());
  }

  private static String uid(HasMetadata resource) {
    return resource.getMetadata().getUid();
  }

  private <T extends HasMetadata> void each(Class<T> kind, Consumer<T> visitor) {
    Set<String> namespaces = operator.namespaces().orElse(Set.of());
    if (namespaces.isEmpty()) {
      pages(kind, null, visitor);
    } else {
      namespaces.forEach(namespace -> pages(kind, namespace, visitor));
    }
  }

  private <T extends HasMetadata> void pages(Class<T> kind, String namespace, Consumer<T> visitor) {
    String next = null;
    do {
      var options = new ListOptionsBuilder().withLimit(PAGE).withContinue(next).build();
      var resources = client.resources(kind);
      var list =
          namespace == null
              ? resources.inAnyNamespace().list(options)
              : resources.inNamespace(namespace).list(options);
      list.getItems().forEach(visitor);
      next = list.getMetadata().getContinue();
    } while (next != null && !next.isEmpty());
  }
}
