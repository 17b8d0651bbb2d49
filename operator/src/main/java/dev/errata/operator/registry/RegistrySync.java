package dev.errata.operator.registry;

import dev.errata.api.EditJob;
import dev.errata.api.InputException;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.operator.OperatorSettings;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** Makes the registry say what storage and cluster say. */
@ApplicationScoped
public class RegistrySync {
  private static final Logger LOG = Logger.getLogger(RegistrySync.class);
  private static final long PAGE = 500;
  private static final String NAMESPACE = "{namespace}";

  private final KubernetesClient client;
  private final RegistryWriter writer;
  private final RegistrySettings settings;
  private final OperatorSettings operator;

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
   * @throws KubernetesClientException when the API server does not answer
   * @throws PersistenceException when the database does not
   */
  public void run() {
    List<Model> models = list(Model.class);
    List<EditJob> jobs = list(EditJob.class);
    List<ModelVersion> versions = list(ModelVersion.class);
    writer.retain(uids(models), uids(jobs));
    models.forEach(writer::model);
    jobs.forEach(writer::job);
    for (ModelVersion version : versions) {
      if (writer.version(version)) {
        read(version);
      }
    }
  }

  /** Makes everything again. */
  public void rebuild() {
    writer.clear();
    run();
  }

  private void read(ModelVersion version) {
    String namespace = version.getMetadata().getNamespace();
    String model = version.getSpec().model();
    int number = RegistryWriter.number(version.getSpec().version());
    if (settings.store().isEmpty()) {
      return;
    }
    Path store = Path.of(settings.store().get().toString().replace(NAMESPACE, namespace));
    try {
      StoredVersion.read(store, model, number, version.getSpec().digest())
          .ifPresent(stored -> writer.files(namespace, model, number, stored));
    } catch (InputException e) {
      LOG.warnf(
          "The registry lacks the facts of %s: %s",
          version.getMetadata().getName(), e.getMessage());
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
