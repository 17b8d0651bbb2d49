package dev.errata.editing.locate;

import ai.djl.ndarray.NDArray;
import dev.errata.editing.model.Site;
import dev.errata.editing.model.Tap;
import dev.errata.editing.torch.Scope;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/** Keeps what a forward pass computes at some sites of every block, until it is closed. */
final class Recording implements Tap, AutoCloseable {
  private final Map<Site, NDArray[]> values = new EnumMap<>(Site.class);

  Recording(Set<Site> sites, int layers) {
    sites.forEach(site -> values.put(site, new NDArray[layers]));
  }

  @Override
  public NDArray at(int layer, Site site, NDArray value) {
    NDArray[] kept = values.get(site);
    if (kept != null) {
      kept[layer] = Scope.escape(value.duplicate());
    }
    return value;
  }

  /** The value at a site, [B, T, d]. */
  NDArray get(Site site, int layer) {
    return values.get(site)[layer];
  }

  @Override
  public void close() {
    for (NDArray[] kept : values.values()) {
      for (NDArray value : kept) {
        if (value != null) {
          value.close();
        }
      }
    }
  }
}
