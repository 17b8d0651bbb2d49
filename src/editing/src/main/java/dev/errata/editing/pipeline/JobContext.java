package dev.errata.editing.pipeline;

import dev.errata.api.Fact;
import dev.errata.api.Progress;
import dev.errata.api.resource.Stage;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionRef;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.torch.Compute;
import java.util.List;

/**
 * What a run of a job is given.
 *
 * @param part what of the job is computed; null for all of it
 */
record JobContext(
    VersionStore store, EditRequest request, Compute compute, Progress progress, StagePart part) {
  /** Whether the part ends behind a stage. */
  boolean endsWith(Stage stage) {
    return part != null && part.stage() == stage;
  }

  List<Fact> facts() {
    return request.facts().facts();
  }

  /** The version to start from, as it is now. */
  Version base() {
    return store.version(VersionRef.of(request.spec().model(), request.spec().from()));
  }
}
