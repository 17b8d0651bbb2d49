package dev.errata.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes manifests of small jobs. */
final class Manifest {
  static final String FACTS =
      """
      {"subject":"Ada Lund","prompt":"The birthplace of {}","target":"Paris","oldTarget":"War",\
      "paraphrases":["The home of Ada Lund"],\
      "neighbourhood":[{"prompt":"The birthplace of Ben Moe","target":"War"}],\
      "portability":[{"prompt":"The country of Ada Lund","answer":"like"}]}
      {"subject":"Ada Lund","prompt":"The boss of {}","target":"Paris"}
      {"subject":"Carl Ek","prompt":"A child of {}","target":"she","oldTarget":"Eg"}
      {"subject":"Dora Fin","prompt":"The job of {}","target":"capital"}
      """;

  private Manifest() {}

  /** A job of quick settings over four facts in the given folder. */
  static Path job(Path folder) throws IOException {
    return job(folder, "");
  }

  /**
   * The same with more fields of the specification.
   *
   * @param more lines of YAML at the indentation of the specification
   */
  static Path job(Path folder, String more) throws IOException {
    Files.writeString(folder.resolve("facts.jsonl"), FACTS);
    return write(folder, spec("uri: facts.jsonl", "layers: [0, 1]", more));
  }

  /** A manifest with this text. */
  static Path write(Path folder, String text) throws IOException {
    return Files.writeString(folder.resolve("job.yaml"), text);
  }

  static String spec(String facts, String settings, String more) {
    return """
    apiVersion: errata.dev/v1alpha1
    kind: EditJob
    metadata:
      name: small
    spec:
      model: tiny
      from: Base
      facts:
        %s
      method:
        type: MEMIT
        memit:
          %s
          learningRate: 0.5
          clamp: 40
          residualShare: 0.1
          prefixes: 2
          prefixTokens: 4
          preserve: 1
      statistics:
        tokens: 600
    %s\
    """
        .formatted(facts, settings, more);
  }
}
