package dev.errata.editing.checkpoint.store;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.errata.api.Fact;
import dev.errata.editing.checkpoint.Goldens;
import dev.errata.editing.checkpoint.store.VersionManifest.State;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Short ways to make versions in tests; a main of its own to be killed in the middle. */
public final class Publishing {
  static final String CHANGED = "model.layers.0.mlp.down_proj.weight";

  private Publishing() {}

  static VersionDraft draft(State state, String job) {
    return new VersionDraft(
        state,
        state == State.Rejected ? "efficacy 0.91, required 0.95" : null,
        "MEMIT",
        JsonNodeFactory.instance.objectNode().put("layers", "3-7"),
        42,
        job,
        JsonNodeFactory.instance.objectNode().put("efficacy", 0.99));
  }

  static List<Fact> facts(String target) {
    return List.of(Fact.of("مصر", "The capital of {} is", target));
  }

  /** Publishes a version in which all values of one tensor are this one. */
  static Version publish(
      VersionStore store, Version parent, float value, State state, Promotion promotion) {
    try (StagedVersion staged = store.stage(parent)) {
      staged.write(Set.of(CHANGED), name -> Goldens.floats(24, value));
      staged.writeFacts(facts("x" + value));
      staged.writeReport(JsonNodeFactory.instance.objectNode().put("value", value));
      return staged.publish(draft(state, "job" + value), promotion);
    }
  }

  static Version publish(VersionStore store, Version parent, float value) {
    return publish(store, parent, value, State.Published, Promotion.Automatic);
  }

  /** Stages a version, takes the lock of the model, says so and waits to be killed. */
  public static void main(String[] arguments) throws Exception {
    VersionStore store = VersionStore.open(Path.of(arguments[0]));
    try (ModelLock lock = store.lock("m");
        StagedVersion staged = store.stage(store.version("m@v0"))) {
      staged.write(Set.of(CHANGED), name -> Goldens.floats(24, 1));
      System.out.println("staged under " + lock);
      System.in.read();
    }
  }
}
