package dev.errata.operator.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.EditJob;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * The EditJob as its pods read it: a file, so that workers need no right on the API server.
 * Compressed, since a ConfigMap holds less than an EditJob with many inline facts.
 */
public final class JobManifest {
  /** Name of the file. */
  public static final String FILE = "editjob.json.gz";

  private static final ObjectMapper JSON = new ObjectMapper();

  private JobManifest() {}

  /**
   * The ConfigMap.
   *
   * @param pinned whether the Model says what serving reads, so that the job promotes nothing
   */
  public static ConfigMap of(EditJob job, boolean pinned) {
    ObjectNode manifest = JSON.createObjectNode();
    manifest.put("apiVersion", job.getApiVersion()).put("kind", job.getKind());
    manifest
        .putObject("metadata")
        .put("name", job.getMetadata().getName())
        .put("namespace", job.getMetadata().getNamespace())
        .put("uid", job.getMetadata().getUid());
    ObjectNode spec = JSON.valueToTree(job.getSpec());
    if (pinned) {
      spec.put("promotion", "Manual");
    }
    // What the operator sees to over all pods is none of a single one's business.
    spec.remove(List.of("suspend", "managedBy", "activeDeadlineSeconds"));
    manifest.set("spec", spec);
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(Names.manifest(job.getMetadata().getName()))
        .withNamespace(job.getMetadata().getNamespace())
        .withLabels(
            Map.of(
                Labels.MANAGED_BY, Labels.OPERATOR, Labels.EDIT_JOB, job.getMetadata().getName()))
        .withOwnerReferences(StageJobs.owner(job))
        .endMetadata()
        .withBinaryData(Map.of(FILE, compress(manifest)))
        .build();
  }

  private static String compress(ObjectNode manifest) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
      zip.write(JSON.writeValueAsString(manifest).getBytes(StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}
