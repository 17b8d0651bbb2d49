package dev.errata.editing.checkpoint.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Objects;

/**
 * What the maker of a version says of it; the store adds number, digests and sizes.
 *
 * @param state whether it passed its gates
 * @param reason which gate it missed; null when it passed
 * @param method name of the edit method
 * @param settings the method's settings in full
 * @param seed seed of the job
 * @param jobDigest digest of everything that determines the result
 * @param metrics what was measured
 */
public record VersionDraft(
    VersionManifest.State state,
    String reason,
    String method,
    JsonNode settings,
    long seed,
    String jobDigest,
    JsonNode metrics) {
  public VersionDraft {
    Objects.requireNonNull(state);
    Objects.requireNonNull(jobDigest);
    if (state == VersionManifest.State.Rejected) {
      Objects.requireNonNull(reason, "a rejected version needs a reason");
    }
  }
}
