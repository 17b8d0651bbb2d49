package dev.errata.operator.registry;

import dev.errata.api.EditJob;
import dev.errata.api.InputException;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.operator.OperatorSettings;
import dev.errata.operator.registry.RegistryWriter.VersionName;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Makes the registry say what storage and cluster say; one thread at a time. */
@ApplicationScoped
public class RegistrySync {
  private static final Logger LOG = Logger.getLogger(RegistrySync.class);
  private static final long PAGE = 500;
  private static final String NAMESPACE = "{namespace}";

  private final KubernetesClient client;
  private final RegistryWriter writer;
  private final RegistrySettings settings;
  private final OperatorSettings operator;

  /** Resource versions of what was written, by UID. */
  private final Map<String, String> written = new HashMap<>();

  RegistrySync(
      KubernetesClient client,
      RegistryWriter writer,
      RegistrySettings settings,
      OperatorSettings operator) {
    this.client = client;
    this.writer = writer;
    this.settings = settings;
    this.operator = operator;
  }

  /**
   * Looks at everything once.
   *
   * @param wroteLast whether nobody else has written since; what has not changed is left alone then
   * @throws KubernetesClientException when the API server does not answer
   * @throws PersistenceException when the database does not
   */
  public synchronized void run(boolean wroteLast) {
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

  /** Makes everything again, at once for all who read. */
  public synchronized void rebuild() {
    QuarkusTransaction.requiringNew()
        .timeout(RegistryWriter.LONGEST_SECONDS)
        .run(
            () -> {
              writer.clear();
              run(false);
            });
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
    // One whose files are not read yet is looked at again.
    if (news(version) && (!writer.version(version) || read(version))) {
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

  private boolean read(ModelVersion version) {
    if (settings.store().isEmpty()) {
      return false;
    }
    VersionName name = VersionName.of(version);
    Path store = Path.of(settings.store().get().toString().replace(NAMESPACE, name.namespace()));
    try {
      var stored =
          StoredVersion.read(store, name.model(), name.number(), version.getSpec().digest());
      stored.ifPresent(
          s ->
              QuarkusTransaction.joiningExisting()
                  .timeout(RegistryWriter.LONGEST_SECONDS)
                  .run(() -> writer.files(name, s)));
      return stored.isPresent();
    } catch (InputException e) {
      LOG.warnf(
          "The registry lacks the facts of %s: %s",
          version.getMetadata().getName(), e.getMessage());
      return false;
    }
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
