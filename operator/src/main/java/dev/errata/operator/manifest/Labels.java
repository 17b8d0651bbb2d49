package dev.errata.operator.manifest;

import dev.errata.api.Resources;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.LinkedHashMap;
import java.util.Map;

/** Labels by which the operator finds what it has made, and those it hands on. */
public final class Labels {
  /** Who made it. */
  public static final String MANAGED_BY = "app.kubernetes.io/managed-by";

  /** The value of {@link #MANAGED_BY}. */
  public static final String OPERATOR = "errata";

  /** Selects all that the operator has made. */
  public static final String SELECTOR = MANAGED_BY + "=" + OPERATOR;

  /** Name of the EditJob. */
  public static final String EDIT_JOB = Resources.GROUP + "/edit-job";

  /** Name of the Model. */
  public static final String MODEL = Resources.GROUP + "/model";

  /** The stage. */
  public static final String STAGE = Resources.GROUP + "/stage";

  /** How often the EditJob had been rebased. */
  public static final String ATTEMPT = Resources.GROUP + "/attempt";

  /** What the spec said about pods when a Job was made. */
  public static final String MADE_FOR = Resources.GROUP + "/made-for";

  /** The task of a Model. */
  public static final String TASK = Resources.GROUP + "/task";

  /**
   * Name of the Model whose versions are listed. Not that of {@link #MODEL}: no reconciler decides
   * about what is listed.
   */
  public static final String LISTS = Resources.GROUP + "/lists";

  /** Annotation: the versions that are listed, separated by commas. */
  public static final String VERSIONS = Resources.GROUP + "/versions";

  /** Kueue's contract: the queue that a Job is admitted by. */
  public static final String QUEUE = "kueue.x-k8s.io/queue-name";

  private static final String QUEUE_PRIORITY = "kueue.x-k8s.io/priority-class";

  private Labels() {}

  /** The Kueue queue that an object names, or null. */
  public static String queue(HasMetadata object) {
    Map<String, String> labels = object.getMetadata().getLabels();
    return labels == null ? null : labels.get(QUEUE);
  }

  /** The labels that Kueue reads, as they stand on an object. */
  static Map<String, String> ofQueue(HasMetadata object) {
    Map<String, String> copied = new LinkedHashMap<>();
    Map<String, String> labels = object.getMetadata().getLabels();
    if (labels != null && labels.containsKey(QUEUE)) {
      copied.put(QUEUE, labels.get(QUEUE));
      if (labels.containsKey(QUEUE_PRIORITY)) {
        copied.put(QUEUE_PRIORITY, labels.get(QUEUE_PRIORITY));
      }
    }
    return copied;
  }
}
