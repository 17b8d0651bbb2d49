package dev.errata.api.validation;

import dev.errata.api.EditJob;
import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.Locations;
import dev.errata.api.facts.FactReader;
import dev.errata.api.facts.FactReader.Options;
import dev.errata.api.facts.FactSet;
import dev.errata.api.resource.ConfigMapKey;
import dev.errata.api.resource.FactsSource;
import dev.errata.api.resource.InlineFact;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Reads the facts of a job from where its manifest says they are. */
public final class JobFacts {
  private JobFacts() {}

  /**
   * Reads them.
   *
   * @param job as {@link Manifests} gave it
   * @param manifest the file it came from; a relative {@code spec.facts.uri} starts at its folder
   * @param resources everything in that file: among it the ConfigMap when the job names one
   * @throws InputException when the facts cannot be read or edited
   */
  public static FactSet read(EditJob job, Path manifest, List<HasMetadata> resources) {
    return read(job, manifest, resources, Options.DEFAULT.opener());
  }

  /**
   * The same of facts that may lie where this library does not reach.
   *
   * @param opener opens the file that {@code spec.facts.uri} names
   */
  public static FactSet read(
      EditJob job, Path manifest, List<HasMetadata> resources, FactReader.Opener opener) {
    FactsSource source = job.getSpec().facts();
    Options options = new Options(FactReader.MAX_FACTS, source.contradictions(), opener);
    if (source.inline() != null) {
      return inline(source.inline(), manifest, options);
    }
    if (source.uri() != null) {
      Path file = Locations.resolve(manifest, source.uri(), "spec.facts.uri");
      return FactReader.read(file, source.format(), options);
    }
    return configMap(job, manifest, resources, options);
  }

  private static FactSet inline(List<InlineFact> inline, Path manifest, Options options) {
    List<Fact> facts = new ArrayList<>();
    for (InlineFact fact : inline) {
      facts.add(fact.toFact(facts.size() + 1));
    }
    return FactReader.check(facts, i -> manifest + ": spec.facts.inline[" + i + "]", options);
  }

  private static FactSet configMap(
      EditJob job, Path manifest, List<HasMetadata> resources, Options options) {
    ConfigMapKey wanted = job.getSpec().facts().configMap();
    String namespace = job.getMetadata().getNamespace();
    String field =
        manifest + ": EditJob \"" + job.getMetadata().getName() + "\": spec.facts.configMap";
    ConfigMap map =
        resources.stream()
            .filter(ConfigMap.class::isInstance)
            .map(ConfigMap.class::cast)
            .filter(m -> wanted.name().equals(m.getMetadata().getName()))
            .filter(m -> Objects.equals(namespace, m.getMetadata().getNamespace()))
            .findFirst()
            .orElseThrow(
                () ->
                    new InputException(
                        field
                            + ".name: Not found: \""
                            + wanted.name()
                            + "\"; add the ConfigMap to this file as a document of the same"
                            + " namespace"));
    byte[] content = content(map, wanted.key(), field);
    if (content == null) {
      throw new InputException(
          field
              + ".key: Not found: \""
              + wanted.key()
              + "\"; add this key to ConfigMap \""
              + wanted.name()
              + "\"");
    }
    String name = manifest + "#" + wanted.name() + "/" + wanted.key();
    try {
      return FactReader.read(
          new ByteArrayInputStream(content), name, job.getSpec().facts().format(), options);
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }

  private static byte[] content(ConfigMap map, String key, String field) {
    String text = Objects.requireNonNullElse(map.getData(), Map.<String, String>of()).get(key);
    if (text != null) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    String base64 =
        Objects.requireNonNullElse(map.getBinaryData(), Map.<String, String>of()).get(key);
    try {
      return base64 == null ? null : Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new InputException(
          field + ".key: Invalid value: \"" + key + "\": not base64; use data for plain text", e);
    }
  }
}
