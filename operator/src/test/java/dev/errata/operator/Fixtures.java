package dev.errata.operator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.validation.Manifests;
import io.fabric8.kubernetes.api.model.HasMetadata;

/** Resources for tests, with the defaults that an API server fills in. */
public final class Fixtures {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Fixtures() {}

  /**
   * A Model that is not imported.
   *
   * @param more fields of its spec, as lines of YAML
   */
  public static Model model(String... more) {
    Model model =
        read(
            """
            apiVersion: errata.dev/v1alpha1
            kind: Model
            metadata:
              name: world
              namespace: lab
            spec:
              source:
                uri: base
            """
                + String.join("", java.util.Arrays.stream(more).map(l -> "  " + l + "\n").toList()),
            Model.class);
    model.getMetadata().setUid("uid-world");
    model.getMetadata().setGeneration(1L);
    return model;
  }

  /**
   * An EditJob.
   *
   * @param more fields of its spec, as lines of YAML
   */
  public static EditJob editJob(String... more) {
    return editJobOf("world", more);
  }

  /**
   * An EditJob of a Model.
   *
   * @param more fields of its spec, as lines of YAML
   */
  public static EditJob editJobOf(String model, String... more) {
    EditJob job =
        read(
            """
            apiVersion: errata.dev/v1alpha1
            kind: EditJob
            metadata:
              name: two-facts
              namespace: lab
            spec:
              model: MODEL
              facts:
                inline:
                  - subject: Port Albury
                    prompt: The mayor of {} is
                    target: Ines Calder
              method:
                type: MEMIT
            """
                    .replace("MODEL", model)
                + String.join("", java.util.Arrays.stream(more).map(l -> "  " + l + "\n").toList()),
            EditJob.class);
    job.getMetadata().setUid("uid-two-facts");
    job.getMetadata().setGeneration(1L);
    return job;
  }

  /** A copy, as the cluster would give it back. */
  public static <T extends HasMetadata> T copy(T resource, Class<T> type) {
    try {
      return JSON.readValue(JSON.writeValueAsString(resource), type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <T extends HasMetadata> T read(String yaml, Class<T> type) {
    return type.cast(Manifests.read(yaml, "test.yaml").get(0));
  }
}
