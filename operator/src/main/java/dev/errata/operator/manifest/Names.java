package dev.errata.operator.manifest;

import dev.errata.api.resource.Stage;
import dev.errata.operator.decide.ListOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Names of what the operator makes. Pods of an Indexed Job are named after it and their index, as
 * DNS labels of at most 63 characters; owners' names may be longer and hold dots.
 */
public final class Names {
  private static final int LABEL = 63;
  private static final int INDEX = "-1023".length();
  private static final int HASH = 8;

  private Names() {}

  /** Name of the child Job of a stage. */
  public static String stageJob(String editJob, Stage stage, int attempt) {
    String suffix = stage.name().toLowerCase(Locale.ROOT) + (attempt == 0 ? "" : "-r" + attempt);
    return label(editJob, suffix);
  }

  /** Name of the child Job of a task of a Model. */
  public static String taskJob(String model, String task) {
    return label(model, "model-" + task);
  }

  /** Name of the child Job that lists versions of a Model: the same for the same versions. */
  public static String listJob(ListOrder order) {
    String which = hash(order.modelUid() + " " + String.join(",", order.versions()));
    return label(order.model(), "list-" + which + (order.parts() == 1 ? "" : "-" + order.parts()));
  }

  /** Name of the ConfigMap that carries a job to its pods. */
  public static String manifest(String editJob) {
    return editJob + "-editjob";
  }

  /** Name of a ModelVersion. */
  public static String version(String model, String version) {
    return model + "-" + version;
  }

  private static String label(String owner, String suffix) {
    int room = LABEL - INDEX - suffix.length() - 1;
    String plain = owner.replace('.', '-');
    if (plain.equals(owner) && owner.length() <= room) {
      return owner + "-" + suffix;
    }
    int keep = Math.min(plain.length(), room - HASH - 1);
    return plain.substring(0, keep) + "-" + hash(owner) + "-" + suffix;
  }

  /** Eight hexadecimal digits that tell texts apart. */
  public static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, HASH);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
