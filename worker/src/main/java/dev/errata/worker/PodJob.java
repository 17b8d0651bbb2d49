package dev.errata.worker;

import dev.errata.api.EditJob;
import dev.errata.api.InputException;
import dev.errata.api.event.JobRef;
import dev.errata.api.facts.FactSet;
import dev.errata.api.resource.ConfigMapKey;
import dev.errata.api.resource.FactsSource;
import dev.errata.api.validation.JobFacts;
import dev.errata.api.validation.Manifests;
import dev.errata.editing.checkpoint.RemoteFiles;
import dev.errata.editing.pipeline.EditRequest;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * An EditJob as a pod finds it: a file, and its facts where a ConfigMap is mounted.
 *
 * @param ref what events call it
 * @param request what is to be computed
 */
record PodJob(JobRef ref, EditRequest request) {
  private static final int GZIP = 0x1f;

  /**
   * Reads it.
   *
   * @param file one EditJob, plain or gzip
   * @param facts where the ConfigMap of its facts is mounted; may be null
   * @param anchor relative paths of the EditJob start at its folder
   * @param memory bytes that the pod may take
   */
  static PodJob read(Path file, Path facts, Path anchor, long memory) {
    List<HasMetadata> resources = new ArrayList<>(Manifests.read(text(file), file.toString()));
    EditJob job =
        resources.stream()
            .filter(EditJob.class::isInstance)
            .map(EditJob.class::cast)
            .findFirst()
            .orElseThrow(() -> new InputException(file + ": holds no EditJob"));
    FactsSource source = job.getSpec().facts();
    String place = "spec.facts";
    if (source.uri() != null) {
      place = source.uri();
    } else if (source.configMap() != null && facts != null) {
      ConfigMapKey wanted = source.configMap();
      place = "ConfigMap " + wanted.name() + "/" + wanted.key();
      resources.add(configMap(job, wanted, facts.resolve(wanted.key())));
    }
    FactSet set = JobFacts.read(job, anchor, resources, RemoteFiles::open);
    // What another generation of the job has left in the workspace is none of this one's.
    ObjectMeta meta = job.getMetadata();
    return new PodJob(
        JobRef.of(meta.getNamespace(), meta.getName(), meta.getUid(), job.getSpec().model()),
        new EditRequest(meta.getName(), job.getSpec(), set, place, anchor, true, memory));
  }

  private static HasMetadata configMap(EditJob job, ConfigMapKey wanted, Path key) {
    Map<String, String> data = Map.of();
    if (Files.exists(key)) {
      data = Map.of(wanted.key(), Base64.getEncoder().encodeToString(bytes(key)));
    }
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(wanted.name())
        .withNamespace(job.getMetadata().getNamespace())
        .endMetadata()
        .withBinaryData(data)
        .build();
  }

  private static String text(Path file) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      in.mark(1);
      boolean zipped = in.read() == GZIP;
      in.reset();
      try (InputStream plain = zipped ? new GZIPInputStream(in) : in) {
        return new String(plain.readAllBytes(), StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e + ")", e);
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e + ")", e);
    }
  }
}
