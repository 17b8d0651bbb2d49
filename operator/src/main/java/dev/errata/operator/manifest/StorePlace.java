package dev.errata.operator.manifest;

import dev.errata.api.Model;
import dev.errata.api.resource.ModelStorage;
import java.util.List;

/**
 * Where the store of a Model is, as its workers see it.
 *
 * @param address its folder or its address in a bucket
 * @param claim PersistentVolumeClaim of it; for a bucket that of the workspaces, which pods share
 * @param secret Secret with the environment that reaches it; null for none
 */
record StorePlace(String address, String claim, String secret) {
  /** The place that a Model names, or that of the installation. */
  static StorePlace of(Model model, Installation installation) {
    ModelStorage storage = model.getSpec().storage();
    if (storage != null && storage.uri() != null) {
      String uri = storage.uri();
      String address = uri.contains("://") ? uri : WorkerTemplate.STORE + "/" + uri;
      return new StorePlace(address, installation.claim(), storage.secret());
    }
    if (storage != null) {
      return new StorePlace(WorkerTemplate.STORE, storage.claim(), null);
    }
    if (installation.bucket() != null) {
      // Models of two namespaces may have one name.
      String bucket = installation.bucket() + "/" + model.getMetadata().getNamespace();
      return new StorePlace(bucket, installation.claim(), installation.secret());
    }
    return new StorePlace(WorkerTemplate.STORE, installation.claim(), null);
  }

  /** Whether it is elsewhere than in the claim. */
  boolean remote() {
    return address.contains("://");
  }

  /** The worker's options. */
  List<String> options() {
    return List.of("--store", address);
  }

  /** Options of stages: relative paths of resources start in the claim, wherever the store is. */
  List<String> files() {
    return address.equals(WorkerTemplate.STORE)
        ? List.of()
        : List.of("--files", WorkerTemplate.STORE);
  }
}
