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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
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

  private void follow() {
    List<Model> models = list(Model.class);
    List<EditJob> jobs = list(EditJob.class);
    List<ModelVersion> versions = list(ModelVersion.class);
    writer.retain(
        uids(models),
        uids(jobs),
        versions.stream().map(VersionName::of).collect(Collectors.toSet()));
    written
        .keySet()
        .retainAll(
            List.of(models, jobs, versions).stream()
                .flatMap(kind -> uids(kind).stream())
                .collect(Collectors.toSet()));
    for (Model model : models) {
      if (news(model)) {
        writer.model(model);
        remember(model);
      }
    }
    for (EditJob job : jobs) {
      if (news(job)) {
        writer.job(job);
        remember(job);
      }
    }
    for (ModelVersion version : versions) {
      // One whose files are not read yet is looked at again.
      if (news(version) && (!writer.version(version) || read(version))) {
        remember(version);
      }
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

  private static Set<String> uids(List<? extends HasMetadata> resources) {
    return resources.stream().map(r -> r.getMetadata().getUid()).collect(Collectors.toSet());
  }

  private <T extends HasMetadata> List<T> list(Class<T> kind) {
    List<T> all = new ArrayList<>();
    Set<String> namespaces = operator.namespaces().orElse(Set.of());
    if (namespaces.isEmpty()) {
      pages(kind, null, all::addAll);
    } else {
      namespaces.forEach(namespace -> pages(kind, namespace, all::addAll));
    }
    return all;
  }

  private <T extends HasMetadata> void pages(
      Class<T> kind, String namespace, Consumer<List<T>> page) {
    String next = null;
    do {
      var options = new ListOptionsBuilder().withLimit(PAGE).withContinue(next).build();
      var resources = client.resources(kind);
      var list =
          namespace == null
              ? resources.inAnyNamespace().list(options)
              : resources.inNamespace(namespace).list(options);
      page.accept(list.getItems());
      next = list.getMetadata().getContinue();
    } while (next != null && !next.isEmpty());
  }
}
